"""Connections of Daphne's without sockets: what it does with them can be looked at step by step."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from daphne.http_protocol import HTTPFactory
from twisted.internet.abstract import FileDescriptor
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactor
from twisted.python.failure import Failure

from channels.interface import daphne, transport
from channels.interface.daphne_channel import Channel
from channels.interface.daphne_request import Request
from tests.support.asgi import Event, Site, serving


class DaphneServer:
    """What requests and connections need of their server.

    Args:
        application: what answers the requests that Twisted reads; without, nobody does.

    Attributes:
        request: the last one that Twisted read.
        scopes: of those for the application.
        actions: what would be in the access log.
    """

    root_path = server_name = ""
    proxy_forwarded_address_header: str | None = None
    proxy_forwarded_port_header = "X-Forwarded-Port"
    proxy_forwarded_proto_header = "X-Forwarded-Proto"
    request_buffer_size = 8192
    http_timeout: float | None = None

    def __init__(self, application: Any = None) -> None:
        self.request: Any = None
        self.scopes: list[Event] = []
        self.actions: list[Event] = []
        self._application = application and partial(daphne._serve, application)
        self._tasks: list[asyncio.Task[None]] = []

    def protocol_connected(self, protocol: Any) -> None:
        self.request = protocol

    def protocol_disconnected(self, protocol: Any) -> None:
        pass

    def create_application(self, protocol: Any, scope: Event) -> Any:
        self.scopes.append(scope)
        events: asyncio.Queue[Event] = asyncio.Queue()
        if self._application:
            send = partial(self._send, protocol)
            self._tasks.append(asyncio.ensure_future(self._application(scope, events.get, send)))
        return events

    def action_logger(self, protocol: str, action: str, details: Event) -> None:
        self.actions.append(details)

    log_action = action_logger

    async def _send(self, protocol: Any, event: Event) -> None:
        protocol.handle_reply(event)


class Wire(FileDescriptor):
    """A connection's transport, whose client reads as much as a test says.

    Args:
        takes: how many bytes of each write reach the client at once.

    Attributes:
        sent: what has reached the client.
        aborted: whether the connection was cut.
    """

    disconnecting: Any = False
    aborted = False

    def __init__(self, takes: int = 0) -> None:
        super().__init__(MemoryReactor())
        self.connected = 1
        self.sent = b""
        self._takes = takes

    def writeSomeData(self, data: bytes) -> int:
        self.sent += data[: self._takes]
        return min(len(data), self._takes)

    def read(self, size: int) -> None:
        """Has the client read of what waits."""
        self.dataBuffer = self.dataBuffer[size:]

    def getPeer(self) -> None:
        return None

    getHost = getPeer

    def abortConnection(self) -> None:
        self.aborted = True


class Caller:
    """A client on a wire.

    Args:
        interface: the interface server behind Daphne; without, requests have no short way.
        server: Daphne's.
        takes: as of its wire.

    Attributes:
        channel: Daphne's side.
        wire: what is between them.
        clock: for the timeouts of the channel.
    """

    def __init__(self, interface: Any, server: DaphneServer, takes: int = 1 << 30) -> None:
        self.server = server
        self.wire = Wire(takes)
        self.clock = Clock()
        self.channel = Channel(interface)
        self.channel.factory = factory_of(server)
        self.channel.requestFactory = Request
        self.channel.callLater = self.clock.callLater
        self.channel.timeOut = 60
        self.channel.makeConnection(self.wire)

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def received(self) -> bytes:
        """Returns what has come since the last time."""
        while transport.waiting(self.wire):
            self.wire.doWrite()
        data, self.wire.sent = self.wire.sent, b""
        return data

    def leave(self) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))


def factory_of(server: DaphneServer) -> Any:
    """Returns Daphne's factory, without Twisted's access log."""
    factory = HTTPFactory(server)
    factory.log = lambda request: None
    return factory


@asynccontextmanager
async def called(layer: Any, **options: Any) -> AsyncIterator[tuple[Site, Caller]]:
    """A caller, and a site on a layer that is called; options are attributes of the server."""
    async with serving(layer) as site:
        server = DaphneServer(site.server)
        for name, value in options.items():
            setattr(server, name, value)
        caller = Caller(site.server, server)
        try:
            yield site, caller
        finally:
            caller.leave()
