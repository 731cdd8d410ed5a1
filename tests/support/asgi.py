"""An ASGI 3 server of the tests' own: its connections do what a test tells their clients to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from channels.interface.server import InterfaceServer
from tests.support.waiting import eventually

Event = dict[str, Any]


class Client:
    """One connection.

    Args:
        application: of ASGI 3.
        scope: of the connection.

    Attributes:
        events: what the application sent, in order.
        reading: whether the client reads; the application's sends wait while it does not.
        task: the application's.
    """

    def __init__(self, application: Any, scope: Event) -> None:
        self.events: list[Event] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self._incoming: asyncio.Queue[Event] = asyncio.Queue()
        self.task = asyncio.ensure_future(application(scope, self._incoming.get, self._send))

    def put(self, kind: str, **fields: Any) -> None:
        """Give the application an event."""
        self._incoming.put_nowait({"type": kind, **fields})

    async def ended(self) -> None:
        """Wait until the application is done; raises what it raised."""
        await eventually(self.task.done, "the application to be done")
        await self.task

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]

    async def _send(self, event: Event) -> None:
        await self.reading.wait()
        self.events.append(event)
        if event["type"] == "websocket.close":
            self.put("websocket.disconnect", code=event.get("code", 1000))


class Request(Client):
    """A request and what has come of its response."""

    def __init__(
        self, application: Any, method: str = "GET", path: str = "/", **scope: Any
    ) -> None:
        scope = {"http_version": "1.1", "scheme": "http", "headers": [], **scope}
        super().__init__(application, {"type": "http", "method": method, "path": path, **scope})

    def upload(self, body: bytes = b"", more: bool = False) -> None:
        self.put("http.request", body=body, more_body=more)

    def leave(self) -> None:
        self.put("http.disconnect")

    @property
    def status(self) -> int | None:
        return self.of("http.response.start")[0]["status"] if self.events else None

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.of("http.response.start")[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(part["body"] for part in self.of("http.response.body"))

    @property
    def is_complete(self) -> bool:
        parts = self.of("http.response.body")
        return bool(parts) and not parts[-1]["more_body"]


class Socket(Client):
    """A WebSocket and what it has been sent."""

    def __init__(self, application: Any, path: str = "/", **scope: Any) -> None:
        super().__init__(application, {"type": "websocket", "path": path, **scope})
        self.put("websocket.connect")

    def send(self, data: str | bytes) -> None:
        kind = "text" if isinstance(data, str) else "bytes"
        self.put("websocket.receive", **{kind: data})

    def leave(self, code: int = 1001) -> None:
        self.put("websocket.disconnect", code=code)

    @property
    def frames(self) -> list[str | bytes]:
        sent = self.of("websocket.send")
        return [event["text"] if "text" in event else event["bytes"] for event in sent]

    @property
    def accepted(self) -> list[str | None]:
        """The subprotocol of every accept."""
        return [event["subprotocol"] for event in self.of("websocket.accept")]

    @property
    def closed(self) -> list[int]:
        """The code of every close; 1000 where a handshake is refused."""
        return [event.get("code", 1000) for event in self.of("websocket.close")]


class Site:
    """An interface server, its connections, and the worker's side of its layer.

    Attributes:
        server: the interface server.
        layer: what it listens on.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.server = InterfaceServer(layer)
        self._clients: list[Request | Socket] = []

    def request(self, method: str = "GET", path: str = "/", **scope: Any) -> Request:
        """Start a request; without a body of its own it still needs an `upload`."""
        self._clients.append(Request(self.server, method, path, **scope))
        return self._clients[-1]

    def socket(self, path: str = "/", **scope: Any) -> Socket:
        """Start a handshake."""
        self._clients.append(Socket(self.server, path, **scope))
        return self._clients[-1]

    async def open_socket(self, path: str = "/", **scope: Any) -> tuple[Socket, str]:
        """Return an open socket and its reply channel."""
        socket = self.socket(path, **scope)
        channel = (await self.take("websocket.connect"))["reply_channel"]
        self.layer.send(channel, {"accept": True})
        await eventually(lambda: socket.accepted, "the accept")
        return socket, channel

    async def take(self, channel: str) -> Event:
        """Return the next message of a channel, waiting for it."""
        return (await eventually(lambda: self._receive(channel), f"a message on {channel}"))[0]

    def _receive(self, channel: str) -> list[Event]:
        message = self.layer.receive([channel])[1]
        return [] if message is None else [message]

    async def close(self) -> None:
        for client in self._clients:
            client.reading.set()
            client.leave()
        await self.server.drain()
        await asyncio.gather(*(client.task for client in self._clients), return_exceptions=True)


@asynccontextmanager
async def serving(layer: Any) -> AsyncIterator[Site]:
    """An interface server that listens on a layer; it is drained after the block."""
    site = Site(layer)
    await site.server.open()
    try:
        yield site
    finally:
        await site.close()
