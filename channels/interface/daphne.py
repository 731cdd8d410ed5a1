"""What knows Daphne from the inside: the fast way out, bounds, a shutdown that tells the clients.

Everything else works without it, on any ASGI 3 server, through `outlet.AsgiOutlet`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet import defer, task
from twisted.internet.interfaces import ISSLTransport
from twisted.web.http import _GenericHTTPChannelProtocol

from channels.interface.daphne_channel import Channel
from channels.interface.daphne_plain import PlainRequest
from channels.interface.daphne_request import LastRequest, Request
from channels.interface.daphne_socket import DaphneOutlet, WrappedOutlet
from channels.interface.outlet import Outlet
from channels.interface.timers import INTERVAL_SECONDS, Timers

if TYPE_CHECKING:
    from channels.asgi import ChannelLayerWrapper
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

# Twisted listens with room for 50 connections; a burst beyond that waits a second and longer.
LISTEN_BACKLOG = 4096

# What a proxy calls the scheme of a WebSocket, which began as a request.
SOCKET_SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}


# Where a scope says what in Daphne serves its connection: middleware passes scopes on.
INSIDE = "channels.daphne"


class Inside(NamedTuple):
    """What is behind the scope of a connection.

    Fields:
        protocol: Daphne's, a Request or a WebSocketProtocol.
        receive: its ASGI callable, without the middleware round it.
        send: likewise.
        begun: what has been done for a request before.
    """

    protocol: Any
    receive: Any
    send: Any
    begun: PlainRequest | None


def request_for(scope: Mapping[str, Any]) -> Request | None:
    """Returns the inside of a request if its scope is Daphne's, else None."""
    request: Request | None = _protocol_of(scope)
    return request


def begun_for(scope: Mapping[str, Any]) -> PlainRequest | None:
    """Returns what has been done for a request before its application began, if anything."""
    inside = _inside_of(scope)
    return inside and inside.begun


def is_direct(scope: Mapping[str, Any], send: Any) -> bool:
    """Returns whether an ASGI `send` is Daphne's own, so that nobody misses what goes past it."""
    inside = _inside_of(scope)
    return inside is not None and inside.send is send


def outlet_for(
    scope: Mapping[str, Any], receive: Any, send: Any, serving: asyncio.Task[Any] | None
) -> Outlet | None:
    """Returns the way out to a socket if its scope is Daphne's, else None.

    Arguments:
        scope: of the socket.
        receive: its ASGI callable, perhaps that of a middleware, which is to miss no frame.
        send: likewise.
        serving: the task that serves it.
    """
    inside = _inside_of(scope)
    if inside is None:
        return None
    outlet = DaphneOutlet(inside.protocol)
    is_bare = inside.receive is receive and is_direct(scope, send)
    return outlet if is_bare else WrappedOutlet(send, outlet, serving)


def scheme_of(scope: Mapping[str, Any]) -> str | None:
    """Returns "ws" or "wss" as a proxy told Daphne or TLS shows, or None if neither does."""
    protocol = _protocol_of(scope)
    told = SOCKET_SCHEMES.get(getattr(protocol, "client_scheme", ""))
    if told is None and ISSLTransport.providedBy(getattr(protocol, "transport", None)):
        return "wss"
    return told


def prepare(layer: ChannelLayerWrapper) -> None:
    """Readies the daphne command's reactor for the interface server of a layer.

    It listens on the layer from the start, takes bursts of connections, and tells its clients
    when it goes away.
    """
    reactor = _reactor()
    reactor.callWhenRunning(_start, layer)
    reactor.addSystemEventTrigger("before", "shutdown", _stop, layer.interface)


def equip(layer: ChannelLayerWrapper | None = None) -> None:
    """Has Daphne make our requests, wherever the reactor listens, with room for bursts.

    Its application, whatever that is, gets scopes that say what is behind them.

    Arguments:
        layer: where Daphne's application is this and nothing round it, plain requests go past it.
    """
    timers = Timers()
    task.LoopingCall(timers.run_due).start(INTERVAL_SECONDS)
    for port in _listening():
        port.socket.listen(LISTEN_BACKLOG)
        factory = _http_factory(port.factory)
        bare = layer if factory.server.application is layer else None
        factory.protocol = partial(_make_protocol, bare and bare.interface)
        # Twisted formats a line for every request that Daphne, with a log of its own, drops.
        factory.log = _log_nothing
        factory.buildProtocol = partial(_build_protocol, factory.buildProtocol, timers)
        factory.acceptableProtocols = _acceptable_protocols
    for server in _servers():
        server.application = partial(_serve, server.application)


def _start(layer: ChannelLayerWrapper) -> None:
    equip(layer)
    layer.interface.start()
    # What is loaded by now stays, so the collector need not look through it again and again.
    gc.collect()
    gc.freeze()


def _http_factory(factory: Any) -> Any:
    """Returns what makes the protocols, under TLS too."""
    while hasattr(factory, "wrappedFactory"):
        factory = factory.wrappedFactory
    return factory


def _make_protocol(interface: InterfaceServer | None) -> Any:
    """Stands in for the factory's choice of a protocol."""
    return _GenericHTTPChannelProtocol(Channel(interface))


def _build_protocol(build: Callable[[Any], Any], timers: Timers, address: Any) -> Any:
    """Stands in for the factory's method."""
    protocol = build(address)
    protocol.requestFactory = Request
    protocol.callLater = timers.call_later
    return protocol


def _acceptable_protocols() -> list[bytes]:
    """Stands in for the factory's method, which offers HTTP/2 where its packages are installed.

    Its requests have no connection of their own that ours could write to, watch or end.
    """
    return [b"http/1.1"]


def _serve(application: Any, scope: dict[str, Any], receive: Any, send: Any) -> Any:
    """Stands in for the server's application, whose `send` is a partial with the protocol."""
    [protocol] = send.args
    begun = None
    if isinstance(protocol, Request):
        begun = protocol.channel.begun
        if begun:
            protocol.request_start -= time.monotonic() - begun.sent_at
        receive = protocol.receiver(receive)
    scope.setdefault("extensions", {})[INSIDE] = Inside(protocol, receive, send, begun)
    return application(scope=scope, receive=receive, send=send)


def _log_nothing(request: Any) -> None:
    """Stands in for Twisted's access log."""


def _stop(interface: InterfaceServer) -> defer.Deferred[None]:
    servers = _servers()
    for port in _listening():
        port.stopListening()
    interface.end_shortcuts()
    for server in servers:
        _shield_requests(server)
    _limit_idle()
    logger.info("Going away: closing all connections.")
    drain = interface.drain(lambda: _is_sending() or any(map(_is_receiving, servers)))
    return defer.Deferred.fromFuture(asyncio.ensure_future(drain))


def _shield_requests(server: Any) -> None:
    """Has Daphne, which ends all applications at once, leave the requests to `drain`."""
    for protocol, details in server.connections.items():
        if not isinstance(protocol, Request):
            continue
        protocol.be_last()
        if "application_instance" in details:
            details["application_instance"] = asyncio.shield(details["application_instance"])


def _limit_idle() -> None:
    """Lets connections that wait for another request have one more at the most."""
    for reader in _reactor().getReaders():
        protocol: Any = getattr(reader, "protocol", None)
        while hasattr(protocol, "wrappedProtocol"):
            protocol = protocol.wrappedProtocol
        if hasattr(protocol, "requestFactory"):
            protocol.requestFactory = LastRequest


def _is_sending() -> bool:
    """Returns whether something waits at a connection, which the reactor watches for that."""
    return bool(_reactor().getWriters())


def _is_receiving(server: Any) -> bool:
    """Returns whether a request is not complete yet, and so has no application."""
    return any(
        isinstance(protocol, Request)
        and protocol.application_queue is None
        and "disconnected" not in details
        for protocol, details in server.connections.items()
    )


def _listening() -> list[Any]:
    return [reader for reader in _reactor().getReaders() if hasattr(reader, "stopListening")]


def _servers() -> set[Any]:
    return {_http_factory(port.factory).server for port in _listening()}


def _reactor() -> Any:
    # Importing it chooses one if none is installed yet, so not before Daphne had its choice.
    from twisted.internet import reactor

    return reactor


def _inside_of(scope: Mapping[str, Any]) -> Inside | None:
    inside: Inside | None = (scope.get("extensions") or {}).get(INSIDE)
    return inside


def _protocol_of(scope: Mapping[str, Any]) -> Any:
    inside = _inside_of(scope)
    return inside and inside.protocol
