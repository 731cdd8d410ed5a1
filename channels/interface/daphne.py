"""What knows Daphne from the inside: the fast way out, bounds, a shutdown that tells the clients.

Everything else works without it, on any ASGI 3 server, through `outlet.AsgiOutlet`.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet import defer, task
from twisted.internet.interfaces import ISSLTransport

from channels.interface.daphne_request import LastRequest, Request
from channels.interface.daphne_socket import DaphneOutlet
from channels.interface.timers import INTERVAL_SECONDS, Timers

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

# Twisted listens with room for 50 connections; a burst beyond that waits a second and longer.
LISTEN_BACKLOG = 4096

# What a proxy calls the scheme of a WebSocket, which began as a request.
SOCKET_SCHEMES = {"https": "wss", "wss": "wss", "http": "ws", "ws": "ws"}


def request_for(send: Any) -> Request | None:
    """Returns the inside of a request if the ASGI `send` callable is Daphne's, else None."""
    arguments: tuple[Any, ...] = getattr(send, "args", ())
    return next((part for part in arguments if isinstance(part, Request)), None)


def outlet_for(send: Any) -> DaphneOutlet | None:
    """Returns the fast way out if the ASGI `send` callable is Daphne's, else None."""
    protocol = _protocol_of(send)
    return None if protocol is None else DaphneOutlet(protocol)


def scheme_of(send: Any) -> str | None:
    """Returns "ws" or "wss" as a proxy told Daphne or TLS shows, or None if neither does."""
    protocol = _protocol_of(send)
    told = SOCKET_SCHEMES.get(getattr(protocol, "client_scheme", ""))
    if told is None and ISSLTransport.providedBy(getattr(protocol, "transport", None)):
        return "wss"
    return told


def prepare(interface: InterfaceServer) -> None:
    """Readies the daphne command's reactor for an interface server.

    It listens on the layer from the start, takes bursts of connections, and tells its clients
    when it goes away.
    """
    reactor = _reactor()
    reactor.callWhenRunning(_start, interface)
    reactor.addSystemEventTrigger("before", "shutdown", _stop, interface)


def equip() -> None:
    """Has Daphne make our requests, wherever the reactor listens, with room for bursts."""
    timers = Timers()
    task.LoopingCall(timers.run_due).start(INTERVAL_SECONDS)
    for port in _listening():
        port.socket.listen(LISTEN_BACKLOG)
        factory = _http_factory(port.factory)
        # Twisted formats a line for every request that Daphne, with a log of its own, drops.
        factory.log = _log_nothing
        factory.buildProtocol = partial(_build_protocol, factory.buildProtocol, timers)


def _start(interface: InterfaceServer) -> None:
    equip()
    interface.start()
    # What is loaded by now stays, so the collector need not look through it again and again.
    gc.collect()
    gc.freeze()


def _http_factory(factory: Any) -> Any:
    """Returns what makes the protocols, under TLS too."""
    while hasattr(factory, "wrappedFactory"):
        factory = factory.wrappedFactory
    return factory


def _build_protocol(build: Callable[[Any], Any], timers: Timers, address: Any) -> Any:
    """Stands in for the factory's method."""
    protocol = build(address)
    protocol.requestFactory = Request
    protocol.callLater = timers.call_later
    return protocol


def _log_nothing(request: Any) -> None:
    """Stands in for Twisted's access log."""


def _stop(interface: InterfaceServer) -> defer.Deferred[None]:
    servers = {_http_factory(port.factory).server for port in _listening()}
    for port in _listening():
        port.stopListening()
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
