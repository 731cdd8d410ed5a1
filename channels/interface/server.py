"""Holds the connections of one process and speaks for them on the channel layer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, MutableMapping, Sequence
from functools import cached_property
from typing import Any

from django.conf import settings

from channels.interface import daphne, messages
from channels.interface.daphne_plain import PlainRequest
from channels.interface.frames import Frame
from channels.interface.http import HttpConnection
from channels.interface.keepalive import keep_alive
from channels.interface.outlet import AsgiOutlet, Outlet
from channels.interface.websocket import WebSocketConnection
from channels.layers.base import BaseChannelLayer
from channels.layers.exceptions import ChannelLayerError
from channels.layers.mailbox import Mailbox

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

Connection = HttpConnection | PlainRequest | WebSocketConnection

PREFIX = "daphne.response"
SWEEP_SECONDS = 1.0
# A disconnect waits this long between attempts for a layer that is full or away.
SURELY_RETRY_SECONDS = 0.5
# On shutdown: for requests to finish, and for disconnects to leave.
DRAIN_SECONDS = 10.0
# And then, for requests that were turned away and for what remains to be said of them.
LAST_SECONDS = 1.0


class InterfaceServer:
    """An ASGI 3 application whose connections are served by workers.

    Arguments:
        layer: the channel layer between the two.

    Attributes:
        mailbox: the process's own queue on the layer.
        draining: whether the server is going away.
    """

    def __init__(self, layer: BaseChannelLayer) -> None:
        self._layer = layer
        self._connections: dict[str, Connection] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._opened = False
        self.draining = False

    @cached_property
    def mailbox(self) -> Mailbox:
        return self._layer.open_mailbox(PREFIX, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] == "lifespan":
            await self._serve_lifespan(receive, send)
            return
        if not self._opened:
            await self.open()
        if scope["type"] == "http":
            await self._serve_http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._serve_websocket(scope, receive, send)
        else:
            raise ValueError(f"Cannot serve {scope['type']!r}, only http, websocket and lifespan.")

    async def open(self) -> None:
        """Starts to listen on the layer, once; safe to call by every connection."""
        await asyncio.shield(self.start())
        self._opened = True

    @property
    def is_serving(self) -> bool:
        """Whether connections are served at once, without anything to wait for or to say first."""
        return self._opened and not self.draining

    def admit(self, connection: Connection) -> None:
        """Has replies reach a connection; for one that goes on with another's, instead of that."""
        self._connections[connection.reply_channel] = connection

    def dismiss(self, connection: Connection) -> None:
        """Lets go of a connection that is over."""
        del self._connections[connection.reply_channel]
        self.mailbox.forget(connection.reply_channel)

    def start(self) -> asyncio.Task[None]:
        """Returns the task that starts to listen, begun if it was not."""
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open())
        return self._opening

    def end_shortcuts(self) -> None:
        """Has all requests served the long way, as one that is to be their last."""
        self.draining = True
        for connection in tuple(self._connections.values()):
            if isinstance(connection, PlainRequest):
                connection.hand_over()

    async def drain(self, pending: Callable[[], bool] = bool) -> None:
        """Ends all connections: requests may finish, sockets are closed with 1012.

        Arguments:
            pending: returns whether more is on its way from or to a client, as the server knows.
        """
        self.draining = True
        for connection in tuple(self._connections.values()):
            if isinstance(connection, WebSocketConnection):
                connection.close(messages.SERVICE_RESTART)
        if not await self._finish(DRAIN_SECONDS, pending):
            logger.warning(
                "Gave up on %d connections, which did not end within %.0f s.",
                len(self._connections),
                DRAIN_SECONDS,
            )
            for connection in tuple(self._connections.values()):
                if isinstance(connection, HttpConnection):
                    connection.turn_away()
            await self._finish(LAST_SECONDS, pending)
        for task in self._tasks:
            task.cancel()
        await self.mailbox.close()

    def choose_subprotocol(self, offered: Sequence[str]) -> str | None:
        """Returns the first of the client's subprotocols that CHANNELS_WS_PROTOCOLS has."""
        ours = getattr(settings, "CHANNELS_WS_PROTOCOLS", None) or ()
        return next((protocol for protocol in offered if protocol in ours), None)

    def say_goodbye(self, scope: messages.Scope, reply_channel: str) -> None:
        """Tells whoever works on a request that its client has left."""
        self.mailbox.hang_up(reply_channel)
        self.send_once("http.disconnect", messages.http_disconnect(scope, reply_channel))

    def send_once(self, channel: str, message: messages.Content) -> None:
        """Sends a message that may be dropped if nobody has room for it."""
        self._start(self._send_once(channel, message))

    def send_surely(self, channel: str, message: messages.Content) -> None:
        """Sends a message for as long as it takes."""
        self._start(self._send_surely(channel, message), name="surely")

    # The receiver of the mailbox.

    def connections(self) -> Collection[str]:
        """All connections there are."""
        return self._connections.keys()

    def deliver(self, channel: str, message: messages.Content) -> None:
        """A reply for one connection; one that is gone needs none."""
        connection = self._connections.get(channel)
        if connection is not None:
            connection.reply(message)

    def deliver_group(self, channels: Collection[str], message: messages.Content) -> None:
        """One reply for many sockets: the frame is made once."""
        try:
            reply = messages.parse_socket_reply(message)
        except ValueError as error:
            self._reply_to_requests(channels, message, error)
            return
        connections = self._connections
        frame = None
        if reply.data is not None and reply.close is None and reply.accept is not False:
            frame = Frame(reply.data)
        for channel in tuple(channels):
            connection = connections.get(channel)
            if connection is None:
                # It was added on behalf of a connection that had gone by then.
                self.mailbox.forget(channel)
                continue
            try:
                if frame is not None and isinstance(connection, WebSocketConnection):
                    connection.send(frame)
                else:
                    connection.reply(message)
            except Exception:  # the failure of one is not to be a gap for all behind it
                logger.exception("Could not deliver a message to a group's %s:", channel)

    def lost(self, channels: Collection[str]) -> None:
        """Sockets whose messages were dropped are told, by a close, to start afresh."""
        logger.error(
            "Dropped messages for %d connections: their queue was full, given up, lost or read too"
            " late.",
            len(channels),
        )
        for channel in tuple(channels):
            connection = self._connections.get(channel)
            if isinstance(connection, WebSocketConnection):
                connection.close(messages.TRY_AGAIN_LATER)
            elif connection is not None:
                connection.lost()

    def _reply_to_requests(
        self, channels: Collection[str], message: messages.Content, error: ValueError
    ) -> None:
        """Requests that wait for a response can be in a group too; sockets have no use for one."""
        members = [self._connections.get(channel) for channel in tuple(channels)]
        for member in members:
            if isinstance(member, HttpConnection | PlainRequest):
                member.reply(message)
        if any(isinstance(member, WebSocketConnection) for member in members):
            logger.error("Ignored a message to a group: %s", error)

    async def _open(self) -> None:
        await self.mailbox.open()
        self._start(self._sweep())
        interval = getattr(settings, "CHANNELS_KEEPALIVE_SECONDS", 0)
        if interval:
            self._start(keep_alive(self.mailbox, self._keepalives, interval))

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HttpConnection(self, scope, receive, send)
        self.admit(connection)
        try:
            await connection.serve()
        finally:
            self.dismiss(connection)

    async def _serve_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect, which carries nothing
        serving = asyncio.current_task()
        outlet: Outlet = daphne.outlet_for(scope, receive, send, serving) or AsgiOutlet(
            send, scope.get("extensions"), serving
        )
        if self.draining:
            outlet.refuse(503)
            return
        scheme = daphne.scheme_of(scope) or scope.get("scheme") or "ws"
        connection = WebSocketConnection(self, scope, outlet, scheme)
        self.admit(connection)
        try:
            await connection.serve(scope, receive)
        finally:
            self.dismiss(connection)

    async def _serve_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.drain()
        await send({"type": "lifespan.shutdown.complete"})

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in tuple(self._connections.values()):
                try:
                    _check(connection)
                except Exception:  # what one does wrong must not stop the clock of the others
                    logger.exception("Could not check a connection:")

    def _keepalives(self) -> list[messages.Content]:
        sockets = (c for c in self._connections.values() if isinstance(c, WebSocketConnection))
        return [message for socket in sockets if (message := socket.keepalive())]

    async def _send_once(self, channel: str, message: messages.Content) -> None:
        try:
            await self.mailbox.send(channel, message)
        except ChannelLayerError as error:
            logger.debug("Dropped a message to %s: %s", channel, error)

    async def _send_surely(self, channel: str, message: messages.Content) -> None:
        while True:
            try:
                await self.mailbox.send(channel, message)
                return
            except ChannelLayerError:
                await asyncio.sleep(SURELY_RETRY_SECONDS)

    def _start(self, coroutine: Any, name: str | None = None) -> None:
        task = asyncio.ensure_future(coroutine)
        if name:
            task.set_name(name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self, seconds: float, pending: Callable[[], bool]) -> bool:
        """Waits until all is done, but no longer than this; returns whether it is."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._connections or self._leaving() or pending():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    def _leaving(self) -> bool:
        return any(task.get_name() == "surely" for task in self._tasks)


def _check(connection: Connection) -> None:
    """Ends a connection with whose worker or client something is wrong."""
    if isinstance(connection, WebSocketConnection):
        connection.check_unanswered()
        connection.check_stalled()
    else:
        connection.check_overdue()
