"""One WebSocket in Daphne: the fast way out, and bounds on what its client may send."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, MutableMapping
from http.client import responses
from typing import Any

from autobahn.websocket.types import ConnectionDeny

from channels.interface import transport as transports
from channels.interface.frames import SHORT_BYTES, Frame, decode
from channels.interface.outlet import (
    BACKLOG_BYTES,
    BACKLOG_SECONDS,
    AsgiOutlet,
    Outlet,
    Send,
)

logger = logging.getLogger(__name__)

# How long a client may take to end the connection once it has everything, the close too; one that
# floods has much to get through before.
CLOSE_SECONDS = 5.0
# How long before Autobahn cuts a handshake off without a word it is refused, when the server looks
# after its connections, which it does every second, or a little later when there is much to do.
ANSWER_SECONDS = 2.0
# What a client may send before its handshake has an answer, for which it should wait.
EARLY_BYTES = 64 * 1024
# Frames from one client that may wait in the process before it is not read any further.
FRAMES_WAITING = 64
# One that is larger is waited for alone.
LARGE_FRAME_BYTES = 16 * 1024
# Fragments of one frame that are kept as they came.
FRAGMENTS_APART = 1000


class DaphneOutlet(Outlet):
    """Writes ready-made frames straight to the transport of Daphne's protocol.

    Arguments:
        protocol: Daphne's WebSocketProtocol, an Autobahn server protocol.
    """

    __slots__ = (
        "_cut_off",
        "_least",
        "_offer",
        "_paused",
        "_protocol",
        "_since",
        "_take",
        "_take_fragment",
        "_takes_short",
    )

    def __init__(self, protocol: Any) -> None:
        super().__init__()
        self._protocol = protocol
        # A frame that is too large or broken gets its close code, not just a dead connection.
        protocol.failByDrop = False
        # Autobahn's own limit begins before the client can have the close; `lingers` sets ours.
        protocol.closeHandshakeTimeout = 0
        limits = protocol.maxMessagePayloadSize, protocol.maxFramePayloadSize
        self._takes_short = not any(0 < limit < SHORT_BYTES for limit in limits)
        # Without the line that Autobahn formats for each of its reads.
        protocol.dataReceived = self._read
        self._take = protocol.onMessage
        protocol._onMessageEnd = self._end_message
        self._take_fragment = protocol.onMessageFrame
        protocol.onMessageFrame = self._arrive_in_part
        # The least that has waited for the client, and since when; 0.0 while nothing has to happen.
        self._least = 0
        self._since = 0.0
        self._paused = False
        self._cut_off = False
        self._offer: Callable[[str | bytes], bool] | None = None

    def accept(self, subprotocol: str | None) -> None:
        if self._is_connecting():
            # What Daphne has decoded of the offer, Autobahn does not know.
            offered = subprotocol in self._protocol.websocket_protocols
            self._protocol.serverAccept(subprotocol if offered else None)

    def refuse(self, status: int) -> None:
        if not self._is_connecting():
            return
        if status == 403:
            self._protocol.serverReject()
        else:
            self._refuse_with(status)

    def seconds_unanswered(self) -> float | None:
        limit = self._protocol.openHandshakeTimeout
        waited: float = self._protocol.duration()
        is_late = limit and waited > max(limit - ANSWER_SECONDS, limit / 2)
        return waited if is_late and self._is_connecting() else None

    def send(self, frame: Frame) -> None:
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        data, transport = frame.encoded, self._protocol.transport
        waiting = transports.waiting(transport)
        if not waiting and len(data) <= BACKLOG_BYTES:
            self._since = 0.0
            transports.write_idle(transport, data)
        elif self._has_room(waiting, len(data)):
            self._least += len(data)
            transport.write(data)
        elif not self._cut_off:
            logger.warning("Cut off a socket with %d bytes unread by its client.", waiting)
            self.abort()

    def close(self, code: int) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            # Autobahn's sendClose, for applications, knows no 1011 to 1013.
            self._protocol.sendCloseFrame(code=code)
            self.throttle(blocked=False)

    def stalled(self) -> bool:
        if not self._waiting():
            return False
        self._excuse()
        return time.monotonic() - self._since > BACKLOG_SECONDS

    def lingers(self) -> bool:
        if not self._is_over() or self._waiting() or not self._since:
            return False
        # Twisted waits for a client's end of TLS without any limit.
        return time.monotonic() - self._since > CLOSE_SECONDS

    def abort(self) -> None:
        self._cut_off = True
        self._protocol.transport.abortConnection()

    def offer_to(self, take: Callable[[str | bytes], bool]) -> None:
        self._offer = take

    def throttle(self, blocked: bool) -> None:
        self._pause(blocked or self._protocol.application_queue.qsize() > FRAMES_WAITING)

    def wrap(self) -> None:
        """Has Daphne leave to this what comes through its ASGI `send`.

        It drops empty messages itself, and raises at large ones and at some of our close codes.
        """
        self._protocol.handle_reply = self._handle

    def _handle(self, event: MutableMapping[str, Any]) -> None:
        """Stands in for the protocol's method."""
        kind = event["type"]
        if kind == "websocket.accept":
            self.accept(event.get("subprotocol"))
        elif kind == "websocket.send":
            text = event.get("text")
            self.send(Frame(event["bytes"] if text is None else text))
        elif kind == "websocket.http.response.start":
            self.refuse(event["status"])
        elif kind == "websocket.close" and self._is_connecting():
            self.refuse(403)
        elif kind == "websocket.close":
            self.close(event.get("code") or 1000)

    def _waiting(self) -> int:
        """Returns how many bytes wait for the client, and notes since when that is no less."""
        transport = self._protocol.transport
        waiting = transports.waiting(transport)
        if not (waiting or self._is_over()) or transports.is_lost(transport):
            self._since = 0.0
            return 0
        if not self._since or waiting < self._least:
            self._least, self._since = waiting, time.monotonic()
        return waiting

    def _is_over(self) -> bool:
        """Returns whether one side has said goodbye, and the connection is only to be ended."""
        protocol = self._protocol
        return protocol.state not in (protocol.STATE_OPEN, protocol.STATE_CONNECTING)

    def _is_connecting(self) -> bool:
        """Returns whether the client waits; Autobahn would open the socket of one that left too."""
        return bool(self._protocol.state == self._protocol.STATE_CONNECTING)

    def _read(self, data: bytes) -> None:
        """Takes the short messages that data begin with, and leaves the rest to Autobahn."""
        if self._is_connecting():
            self._keep_early(data)
            return
        protocol, start = self._protocol, 0
        if self._takes_short and self._is_between_messages():
            while start < len(data) and (message := decode(data, start)):
                start = message.end
                self._arrive(message.payload, message.is_binary)
            if start and protocol.autoPingTimeoutCall:
                protocol._cancelAutoPingTimeoutCall()
        if start < len(data):
            protocol._dataReceived(data[start:])

    def _keep_early(self, data: bytes) -> None:
        """Keeps what comes before the handshake has its answer; Autobahn takes it with that.

        It would look for a handshake in it, and let it grow without a limit.
        """
        self._protocol.data += data
        if len(self._protocol.data) > EARLY_BYTES and not self._cut_off:
            logger.warning("Cut off a client that sent too much before its handshake's answer.")
            self.abort()

    def _is_between_messages(self) -> bool:
        """Returns whether Autobahn waits for a message to begin."""
        protocol = self._protocol
        if protocol.state != protocol.STATE_OPEN:
            return False
        return not (protocol.data or protocol.current_frame or protocol.inside_message)

    def _end_message(self) -> None:
        """Takes what Autobahn has read; its own method tells listeners that nobody here can be."""
        protocol = self._protocol
        fragments, protocol.message_data = protocol.message_data, None
        if not protocol.failedByMe:
            self._arrive(b"".join(fragments), protocol.message_is_binary)

    def _arrive(self, payload: bytes, is_binary: bool) -> None:
        """Takes a message; if more than enough wait by now, the client is not read any further."""
        waiting = self._protocol.application_queue.qsize()
        if waiting or not self._is_taken(payload, is_binary):
            self._take(payload, is_binary)
            waiting += 1
        if waiting > FRAMES_WAITING or len(payload) > LARGE_FRAME_BYTES:
            self._pause(True)

    def _is_taken(self, payload: bytes, is_binary: bool) -> bool:
        """Returns whether a message needs not go through Daphne's queue."""
        protocol = self._protocol
        if self._offer is None or protocol.muted:
            return False
        protocol.last_ping = time.time()  # as Daphne notes it
        return self._offer(payload if is_binary else payload.decode())

    def _arrive_in_part(self, payload: list[bytes]) -> None:
        """Takes a fragment of a frame; many small ones would take many times their size."""
        self._take_fragment(payload)
        fragments = self._protocol.message_data
        if fragments and len(fragments) > FRAGMENTS_APART:
            fragments[:] = [b"".join(fragments)]

    def _pause(self, paused: bool) -> None:
        # A socket that is being closed is read on, for its client's answer comes last.
        paused = paused and self._protocol.state == self._protocol.STATE_OPEN
        if paused:
            self._excuse()
        if paused != self._paused:
            self._paused = paused
            transport = self._protocol.transport
            transport.pauseProducing() if paused else transport.resumeProducing()

    def _excuse(self) -> None:
        """Asks the client for no sign of life.

        Its pongs would not be read either, or its ping is behind what it has not taken yet.
        """
        self._protocol.last_ping = time.time()
        if self._protocol.autoPingTimeoutCall:
            self._protocol._cancelAutoPingTimeoutCall()

    def _refuse_with(self, status: int) -> None:
        protocol = self._protocol
        denial: Exception = ConnectionDeny(status, responses.get(status))  # type: ignore[no-untyped-call]
        protocol.handshake_deferred.errback(denial)
        del protocol.handshake_deferred
        protocol.server.protocol_disconnected(protocol)


class WrappedOutlet(AsgiOutlet):
    """Sends through the middleware round the application, and knows of Daphne's inside.

    Arguments:
        send: the middleware's ASGI callable.
        outlet: where it ends.
        serving: the task that serves the socket.
    """

    __slots__ = ("_outlet",)

    def __init__(self, send: Send, outlet: DaphneOutlet, serving: asyncio.Task[Any] | None) -> None:
        super().__init__(send, {"websocket.http.response": {}}, serving)
        self._outlet = outlet
        outlet.wrap()

    def seconds_unanswered(self) -> float | None:
        return self._outlet.seconds_unanswered()

    def stalled(self) -> bool:
        return super().stalled() or self._outlet.stalled()

    def lingers(self) -> bool:
        return self._outlet.lingers()

    def abort(self) -> None:
        self._outlet.abort()

    def throttle(self, blocked: bool) -> None:
        self._outlet.throttle(blocked)
