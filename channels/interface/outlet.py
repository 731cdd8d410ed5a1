"""The way out to one WebSocket, through plain ASGI 3: works on any server."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.interface.frames import Frame

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# A client for which this much waits gets no more; one message may be as large as the layer carries.
BACKLOG_BYTES = 1024 * 1024
# A client for which something waits, and which takes nothing of it for this long, does not read.
BACKLOG_SECONDS = 10.0


class Outlet(ABC):
    """What can be done to a socket. Every method returns at once."""

    __slots__ = ("_large",)

    def __init__(self) -> None:
        # The size of a message larger than BACKLOG_BYTES, which may still be on its way.
        self._large = 0

    @abstractmethod
    def accept(self, subprotocol: str | None) -> None:
        """Opens the socket."""

    @abstractmethod
    def refuse(self, status: int) -> None:
        """Ends the handshake with an HTTP status; 403 where the server knows no other."""

    @abstractmethod
    def seconds_unanswered(self) -> float | None:
        """Returns for how long the handshake waits, if the server is about to end it by itself."""

    @abstractmethod
    def send(self, frame: Frame) -> None:
        """Sends a frame, if need be after those that wait."""

    @abstractmethod
    def close(self, code: int) -> None:
        """Closes the socket, after what was sent."""

    @abstractmethod
    def stalled(self) -> bool:
        """Returns whether the client has missed something, or takes nothing of what waits."""

    @abstractmethod
    def lingers(self) -> bool:
        """Returns whether the client has had everything, and does not end the connection."""

    @abstractmethod
    def abort(self) -> None:
        """Cuts the connection; what waits is dropped."""

    @abstractmethod
    def throttle(self, blocked: bool) -> None:
        """Slows the client down where the server allows it.

        Arguments:
            blocked: whether its last frame could not be passed on yet.
        """

    @abstractmethod
    def offer_to(self, take: Callable[[str | bytes], bool]) -> None:
        """Has each message of the client offered before the server passes it on, where it can be.

        Arguments:
            take: called with the message if none before it waits in the server; returns whether
                it was taken.
        """

    def _has_room(self, waiting: int, size: int) -> bool:
        """Returns whether a frame may wait too.

        One that is large may if little waits by then; small ones may behind it, for it takes its
        time even on the way to a client that reads.
        """
        if waiting <= BACKLOG_BYTES:
            self._large = size if size > BACKLOG_BYTES else 0
            return True
        return size <= BACKLOG_BYTES and waiting - self._large <= BACKLOG_BYTES


class AsgiOutlet(Outlet):
    """Sends events one after the other, and knows how much waits.

    Arguments:
        send: the ASGI callable.
        extensions: what the server can do beyond the standard, from the scope.
        serving: the task that serves the socket; its end is the socket's.
    """

    __slots__ = (
        "_bytes",
        "_events",
        "_extensions",
        "_missed",
        "_send",
        "_sending",
        "_serving",
        "_since",
    )

    def __init__(self, send: Send, extensions: Any, serving: asyncio.Task[Any] | None) -> None:
        super().__init__()
        self._send = send
        self._extensions = extensions or {}
        self._serving = serving
        self._events: deque[tuple[dict[str, Any], int]] = deque()
        self._bytes = 0
        self._missed = False
        self._since = 0.0
        self._sending: asyncio.Task[None] | None = None

    def accept(self, subprotocol: str | None) -> None:
        self._put({"type": "websocket.accept", "subprotocol": subprotocol})

    def refuse(self, status: int) -> None:
        if status == 403 or "websocket.http.response" not in self._extensions:
            self._put({"type": "websocket.close"})
            return
        self._put({"type": "websocket.http.response.start", "status": status, "headers": []})
        self._put({"type": "websocket.http.response.body", "body": b""})

    def seconds_unanswered(self) -> float | None:
        """What limit a server has, if any, is not known."""
        return None

    def send(self, frame: Frame) -> None:
        # A client that is about to be cut off costs no more memory until then.
        size = len(frame.data)
        self._missed = self._missed or not self._has_room(self._bytes, size)
        if self._missed:
            return
        key = "text" if isinstance(frame.data, str) else "bytes"
        self._put({"type": "websocket.send", key: frame.data}, size)

    def close(self, code: int) -> None:
        self._put({"type": "websocket.close", "code": code})

    def stalled(self) -> bool:
        if self._missed or not self._events:
            return self._missed
        # How much of an event is taken cannot be seen here, so a large one has longer.
        _, size = self._events[0]
        patience = BACKLOG_SECONDS * (1 + size / BACKLOG_BYTES)
        return time.monotonic() - self._since > patience

    def lingers(self) -> bool:
        """A server ends its connections itself."""
        return False

    def abort(self) -> None:
        self._events.clear()
        if self._sending:
            self._sending.cancel()
        if self._serving:
            self._serving.cancel()

    def throttle(self, blocked: bool) -> None:
        """A server that passes frames on one by one slows its clients down by itself."""

    def offer_to(self, take: Callable[[str | bytes], bool]) -> None:
        """A server passes its frames on by itself."""

    def _put(self, event: dict[str, Any], size: int = 0) -> None:
        self._events.append((event, size))
        self._bytes += size
        if self._sending is None:
            self._since = time.monotonic()
            self._sending = asyncio.ensure_future(self._send_waiting())

    async def _send_waiting(self) -> None:
        try:
            while self._events:
                event, size = self._events[0]
                await self._send(event)
                self._events.popleft()
                self._bytes -= size
                self._since = time.monotonic()
        except OSError as error:  # the client is gone; its disconnect event tells the rest
            logger.debug("Could not send to a socket: %r", error)
            self._events.clear()
        except Exception as error:  # the client, which misses something, is to see that
            logger.warning("Cut off a socket, for its server could not send to it: %r", error)
            self._events.clear()
            self.abort()
        finally:
            self._sending = None
