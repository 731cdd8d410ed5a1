"""What knows Daphne from the inside: the fast way out, bounds, a shutdown that tells the clients.

Everything else works without it, on any ASGI 3 server, through `outlet.AsgiOutlet`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from http.client import responses
from io import BytesIO
from typing import TYPE_CHECKING, Any

from autobahn.websocket.types import ConnectionDeny
from daphne.http_protocol import WebRequest
from twisted.internet import defer

from channels.interface.frames import Frame
from channels.interface.outlet import BACKLOG_BYTES, BACKLOG_SECONDS, Outlet
from channels.interface.upload import Receive, Upload

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

# Twisted listens with room for 50 connections; a burst beyond that waits a second and longer.
LISTEN_BACKLOG = 4096
# How long a client may take to answer a close; one that floods has much to get through before.
CLOSE_SECONDS = 5.0
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

    __slots__ = ("_cut_off", "_paused", "_protocol", "_since", "_take", "_take_fragment")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        # A frame that is too large or broken gets its close code, not just a dead connection.
        protocol.failByDrop = False
        protocol.closeHandshakeTimeout = CLOSE_SECONDS
        self._take = protocol.onMessage
        protocol.onMessage = self._arrive
        self._take_fragment = protocol.onMessageFrame
        protocol.onMessageFrame = self._arrive_in_part
        self._since = 0.0
        self._paused = False
        self._cut_off = False

    def accept(self, subprotocol: str | None) -> None:
        if hasattr(self._protocol, "handshake_deferred"):
            self._protocol.serverAccept(subprotocol)

    def refuse(self, status: int) -> None:
        if not hasattr(self._protocol, "handshake_deferred"):
            return
        if status == 403:
            self._protocol.serverReject()
        else:
            self._refuse_with(status)

    def send(self, frame: Frame) -> None:
        if self._protocol.state != self._protocol.STATE_OPEN:
            return
        transport = self._protocol.transport
        waiting = _waiting(transport)
        if waiting == 0:
            self._since = 0.0
            _write_idle(transport, frame.encoded)
            return
        if not self._since:
            self._since = time.monotonic()
        if waiting <= BACKLOG_BYTES:
            transport.write(frame.encoded)
        elif not self._cut_off:
            logger.warning("Cut off a socket with %d bytes unread by its client.", waiting)
            self.abort()

    def close(self, code: int) -> None:
        if self._protocol.state == self._protocol.STATE_OPEN:
            # Autobahn's sendClose, for applications, knows no 1011 to 1013.
            self._protocol.sendCloseFrame(code=code)
            self.throttle(blocked=False)

    def stalled(self) -> bool:
        waiting = _waiting(self._protocol.transport)
        if waiting == 0:
            self._since = 0.0
        elif not self._since:
            self._since = time.monotonic()
        waited = time.monotonic() - self._since if self._since else 0.0
        return waiting > BACKLOG_BYTES or waited > BACKLOG_SECONDS

    def abort(self) -> None:
        self._cut_off = True
        self._protocol.transport.abortConnection()

    def throttle(self, blocked: bool) -> None:
        self._pause(blocked or self._protocol.application_queue.qsize() > FRAMES_WAITING)

    def _arrive(self, payload: bytes, is_binary: bool) -> None:
        """Takes a frame; if more than enough wait by now, the client is not read any further."""
        self._take(payload, is_binary)
        waiting = self._protocol.application_queue.qsize()
        if waiting > FRAMES_WAITING or len(payload) > LARGE_FRAME_BYTES:
            self._pause(True)

    def _arrive_in_part(self, payload: list[bytes]) -> None:
        """Takes a fragment of a frame; many small ones would take many times their size."""
        self._take_fragment(payload)
        fragments = self._protocol.message_data
        if fragments and len(fragments) > FRAGMENTS_APART:
            fragments[:] = [b"".join(fragments)]

    def _pause(self, paused: bool) -> None:
        # A socket that is being closed is read on, for its client's answer comes last.
        paused = paused and self._protocol.state == self._protocol.STATE_OPEN
        if paused != self._paused:
            self._paused = paused
            transport = self._protocol.transport
            transport.pauseProducing() if paused else transport.resumeProducing()

    def _refuse_with(self, status: int) -> None:
        protocol = self._protocol
        denial: Exception = ConnectionDeny(status, responses.get(status))  # type: ignore[no-untyped-call]
        protocol.handshake_deferred.errback(denial)
        del protocol.handshake_deferred
        protocol.server.protocol_disconnected(protocol)


class DaphneRequest:
    """What ASGI does not tell of a request: whether its client keeps up.

    Arguments:
        request: Daphne's WebRequest, a Twisted request.
    """

    __slots__ = ("_request",)

    def __init__(self, request: Any) -> None:
        self._request = request

    def receiver(self, receive: Receive) -> Receive:
        """Returns the ASGI `receive` that reads a body which is kept in a file."""
        upload = self._request.content
        return partial(upload.receive, receive) if isinstance(upload, Upload) else receive

    def waiting(self) -> int:
        """Returns how many bytes of the response wait for the client to read."""
        channel = self._request.channel
        return 0 if channel is None else _waiting(channel.transport)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Calls back when the client leaves before its response is complete."""
        if self._request.channel is None:
            callback()  # it has left already, and nobody would be notified again
        else:
            self._request.notifyFinish().addErrback(lambda _: callback())

    def abort(self) -> None:
        """Cuts the connection, so that the client knows the response is not complete."""
        if self._request.channel is not None:
            self._request.channel.forceAbortClient()


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """A request whose large body stays in its file; the original would read all of it at once."""

    content: Any

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, parsePOSTFormSubmission=False)

    def process(self) -> Any:
        """Hands the request to the application."""
        if not isinstance(self.content, BytesIO):
            self.content = Upload(self.content)
        return super().process()


def request_for(send: Any) -> DaphneRequest | None:
    """Returns the inside of a request if the ASGI `send` callable is Daphne's, else None."""
    for request in getattr(send, "args", ()):
        if hasattr(request, "notifyFinish"):
            return DaphneRequest(request)
    return None


def outlet_for(send: Any) -> DaphneOutlet | None:
    """Returns the fast way out if the ASGI `send` callable is Daphne's, else None."""
    protocol = _protocol_of(send)
    return None if protocol is None else DaphneOutlet(protocol)


def scheme_of(send: Any) -> str | None:
    """Returns "ws" or "wss" as a proxy told Daphne, or None if it did not."""
    scheme = getattr(_protocol_of(send), "client_scheme", None)
    return {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}.get(scheme or "")


def prepare(interface: InterfaceServer) -> None:
    """Readies the daphne command's reactor for an interface server.

    It listens on the layer from the start, takes bursts of connections, and tells its clients
    when it goes away.
    """
    reactor = _reactor()
    reactor.callWhenRunning(_start, interface)
    reactor.addSystemEventTrigger("before", "shutdown", _stop, interface)


def widen_backlog() -> None:
    """Makes room for bursts on every socket the reactor listens on."""
    for port in _listening():
        port.socket.listen(LISTEN_BACKLOG)


def _start(interface: InterfaceServer) -> None:
    widen_backlog()
    for port in _listening():
        # Twisted formats a line for every request that Daphne, with a log of its own, drops.
        port.factory.log = _log_nothing
        port.factory.buildProtocol = partial(_build_protocol, port.factory.buildProtocol)
    interface.start()


def _build_protocol(build: Callable[[Any], Any], address: Any) -> Any:
    """Stands in for the factory's method."""
    protocol = build(address)
    protocol.requestFactory = Request
    return protocol


def _log_nothing(request: Any) -> None:
    """Stands in for Twisted's access log."""


def _stop(interface: InterfaceServer) -> defer.Deferred[None]:
    for port in _listening():
        port.stopListening()
    logger.info("Going away: closing all connections.")
    return defer.Deferred.fromFuture(asyncio.ensure_future(interface.drain()))


def _listening() -> list[Any]:
    return [reader for reader in _reactor().getReaders() if hasattr(reader, "stopListening")]


def _reactor() -> Any:
    # Importing it chooses one if none is installed yet, so not before Daphne had its choice.
    from twisted.internet import reactor

    return reactor


def _protocol_of(send: Any) -> Any:
    """Daphne's `send` is a partial of Server.handle_reply with the protocol."""
    arguments: tuple[Any, ...] = getattr(send, "args", ())
    for protocol in arguments:
        if getattr(protocol, "application_type", None) == "websocket":
            return protocol
    return None


def _waiting(transport: Any) -> int:
    """Returns how many bytes wait in the process for a client that is not reading."""
    while not hasattr(transport, "writeSomeData"):
        # Under TLS; what is encrypted waits in the transport below.
        transport = transport.transport
    waiting: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return waiting


def _write_idle(transport: Any, data: bytes) -> None:
    """Gives the data to the kernel at once; what it does not take waits in the transport."""
    sent = transport.writeSomeData(data) if hasattr(transport, "writeSomeData") else 0
    if not isinstance(sent, int) or sent < len(data):
        transport.write(data[sent:] if isinstance(sent, int) else data)
