"""One WebSocket: its events become messages, replies become frames."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import TYPE_CHECKING, Any

from channels.interface import messages
from channels.interface.frames import Frame
from channels.interface.outlet import Outlet
from channels.layers.exceptions import (
    ChannelFull,
    ChannelLayerError,
    LayerUnavailable,
    MessageTooLarge,
    Unanswered,
)

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# How long a frame waits for room in `websocket.receive` before its socket is closed.
FULL_SECONDS = 2.0
# How long frames wait for a layer that is away.
AWAY_SECONDS = 60.0
RETRY_SECONDS = 0.1


class WebSocketConnection:
    """A socket from its handshake to its disconnect.

    Arguments:
        server: the interface server that holds it.
        scope: its ASGI 3 scope.
        outlet: the way out to the client.
        scheme: "ws" or "wss".
    """

    __slots__ = (
        "_accepted",
        "_closed",
        "_order",
        "_outlet",
        "_path",
        "_scheme",
        "_sending",
        "_server",
        "_subprotocol",
        "_waits",
        "reply_channel",
    )

    def __init__(
        self, server: InterfaceServer, scope: messages.Scope, outlet: Outlet, scheme: str
    ) -> None:
        self._server = server
        self._path: str = scope["path"]
        self._scheme = scheme
        self._outlet = outlet
        self._order = 0
        self._accepted = False
        self._closed = False
        # Whether the socket's task waits for a frame, and what is ahead of the one that it gets.
        self._waits = False
        self._sending: asyncio.Future[None] | None = None
        self._subprotocol = server.choose_subprotocol(scope.get("subprotocols", ()))
        self.reply_channel = server.mailbox.new_channel()

    async def serve(self, scope: messages.Scope, receive: Receive) -> None:
        """Carries the socket's events until it is gone.

        Arguments:
            scope: its ASGI 3 scope.
            receive: gives the events after the connect.
        """
        code = messages.ABNORMAL_CLOSURE
        connected = True  # also when the connect is cut short, for it may have left
        try:
            connected = await self._connect(scope)
            # Also when it is refused, for until then the client has not let go.
            code = await self._carry_frames(receive)
        except asyncio.CancelledError:
            if self._server.draining:
                # The server is going away and says so; the client may come back at once.
                self.close(messages.SERVICE_RESTART)
                code = messages.SERVICE_RESTART
        finally:
            self._closed = True
            if connected:
                await self._say_goodbye(code)

    def reply(self, message: messages.Content) -> None:
        """Does what a consumer's reply says; a reply that makes no sense is logged."""
        if self._closed:
            return
        try:
            reply = messages.parse_socket_reply(message)
        except ValueError as error:
            logger.error("Ignored a reply to the socket on %s: %s", self._path, error)
            return
        opens = reply.accept or reply.data is not None
        if not self._accepted and (reply.accept is False or (reply.close and not opens)):
            self._end(refuse=reply.status)
            return
        if opens:
            self._accept()
        if reply.data is not None:
            self._outlet.send(Frame(reply.data))
        if reply.close:
            self.close(reply.close)

    def take(self, data: str | bytes) -> bool:
        """Sends a frame on past the socket's task, unless others are on their way before it.

        Returns:
            whether it was; if not, nothing was done.
        """
        if self._closed or not self._waits or self._sending:
            return False
        key = "text" if isinstance(data, str) else "bytes"
        message = self._receive_message({key: data})
        try:
            self._sending = self._server.mailbox.send("websocket.receive", message)
        except MessageTooLarge:
            return False
        self._order = message["order"]
        self._sending.add_done_callback(partial(self._check_sent, message))
        return True

    def send(self, frame: Frame) -> None:
        """Sends a group's frame; like any other reply with a frame it opens the socket."""
        if not self._closed:
            self._accept()
            self._outlet.send(frame)

    def close(self, code: int) -> None:
        """Closes the socket, or refuses it if it is not open yet."""
        if not self._accepted:
            self._end(refuse=503)
        elif not self._closed:
            self._closed = True
            self._outlet.close(code)

    def keepalive(self) -> messages.Content | None:
        """Returns the message that keeps an open socket alive in its groups."""
        if not self._accepted or self._closed:
            return None
        return messages.websocket_keepalive(self.reply_channel, self._path)

    def check_unanswered(self) -> None:
        """Refuses the handshake if no worker has answered it for as long as the server waits."""
        if self._accepted or self._closed:
            return
        seconds = self._outlet.seconds_unanswered()
        if seconds is not None:
            logger.error(
                "No answer to the handshake for %s in %.0f s: is a worker running?",
                self._path,
                seconds,
            )
            self._end(refuse=503)

    def check_stalled(self) -> None:
        """Cuts off a client that does not read, or let go, before it costs more memory."""
        if self._outlet.stalled():
            logger.warning("Cut off the socket on %s: its client does not read.", self._path)
        elif not self._outlet.lingers():
            return
        self._closed = True
        self._outlet.abort()

    async def _connect(self, scope: messages.Scope) -> bool:
        """Returns whether the handshake is with a worker; if not, it is refused."""
        message = messages.websocket_connect(scope, self.reply_channel, self._scheme)
        try:
            await self._server.mailbox.send("websocket.connect", message)
        except ChannelLayerError as error:
            logger.warning("Refused a handshake for %s: %s", self._path, error)
            self._end(refuse=503)
            if isinstance(error, Unanswered):
                self._disconnect(
                    messages.ABNORMAL_CLOSURE
                )  # its connect may be consumed all the same
            return False
        return True

    async def _say_goodbye(self, code: int) -> None:
        """Sends the disconnect once it is known whose number its own follows."""
        try:
            await self._let_arrive()
        finally:
            self._disconnect(code)

    def _disconnect(self, code: int) -> None:
        self._order += 1
        self._server.send_surely(
            "websocket.disconnect",
            messages.websocket_disconnect(self.reply_channel, self._path, code, self._order),
        )

    async def _carry_frames(self, receive: Receive) -> int:
        self._outlet.offer_to(self.take)
        while True:
            self._waits = True
            event = await receive()
            self._waits = False
            await self._let_arrive()
            if event["type"] == "websocket.disconnect":
                return int(event.get("code") or 1005)
            await self._carry(self._receive_message(event))

    async def _let_arrive(self) -> None:
        """Waits for what is on its way past the task."""
        while self._sending:
            await asyncio.wait([self._sending])

    def _receive_message(self, event: messages.Scope) -> messages.Content:
        order = self._order + 1
        return messages.websocket_receive(self.reply_channel, self._path, event, order)

    def _check_sent(self, message: messages.Content, sending: asyncio.Future[None]) -> None:
        """Goes on with a frame that went past the task, if it did not get through."""
        self._sending = None
        error = None if sending.cancelled() else sending.exception()
        if error is None:
            self._outlet.throttle(blocked=False)
            return
        self._note_failure(message["order"] - 1, error)
        self._sending = asyncio.ensure_future(self._carry(message))
        self._sending.add_done_callback(self._end_sending)

    def _end_sending(self, sending: asyncio.Future[None]) -> None:
        self._sending = None
        if not sending.cancelled() and (error := sending.exception()):
            logger.error("Closed the socket on %s:", self._path, exc_info=error)
            self.close(messages.INTERNAL_ERROR)

    async def _carry(self, message: messages.Content) -> None:
        """Sends a frame on, waiting a little for room; closes the socket if none comes."""
        started = 0.0
        while not self._closed:
            try:
                await self._send_frame(message)
            except ChannelFull:
                patience, reason = FULL_SECONDS, "no room on websocket.receive. Start more workers."
            except LayerUnavailable as error:
                patience, reason = AWAY_SECONDS, str(error)
            except MessageTooLarge as error:
                logger.warning("Closed the socket on %s: %s", self._path, error)
                self.close(messages.MESSAGE_TOO_BIG)
                return
            else:
                self._outlet.throttle(blocked=False)
                return
            started = started or time.monotonic()
            if time.monotonic() - started > patience:
                logger.warning("Closed the socket on %s: %s", self._path, reason)
                self.close(messages.TRY_AGAIN_LATER)
                return
            self._outlet.throttle(blocked=True)
            await asyncio.sleep(RETRY_SECONDS)

    async def _send_frame(self, message: messages.Content) -> None:
        before, self._order = self._order, message["order"]
        try:
            sending = self._server.mailbox.send("websocket.receive", message)
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            # The socket ends, and its disconnect is to have the number after the last that counts.
            await asyncio.wait([sending])
            self._note_failure(before, sending.exception())
            raise
        except Exception as error:
            self._note_failure(before, error)
            raise

    def _note_failure(self, before: int, error: BaseException | None) -> None:
        """Uses the number of a frame that failed again, unless somebody may have seen it."""
        if error is not None and not isinstance(error, Unanswered):
            self._order = before

    def _accept(self) -> None:
        if self._accepted:
            return
        self._accepted = True
        self._outlet.accept(self._subprotocol)

    def _end(self, refuse: int) -> None:
        if not self._closed:
            self._closed = True
            self._outlet.refuse(refuse)
