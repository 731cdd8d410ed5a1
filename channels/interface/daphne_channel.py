"""One HTTP connection in Daphne, which reads plain requests without Twisted's parser."""

# Most of Twisted's methods have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from daphne.utils import parse_x_forwarded_for
from twisted.web.http import HTTPChannel

from channels.interface import heads, messages, transport
from channels.interface.daphne_plain import PlainRequest
from channels.interface.daphne_request import knows_client
from channels.layers.exceptions import ChannelLayerError

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer


class Channel(HTTPChannel):
    """Twisted's own, which goes on with all that is no plain request.

    Arguments:
        interface: the interface server behind Daphne; None if its application is another.

    Attributes:
        begun: what is being read again.
    """

    def __init__(self, interface: InterfaceServer | None) -> None:
        super().__init__()
        self._interface = interface
        self.begun: PlainRequest | None = None

    def connectionMade(self) -> None:
        """Begins to read."""
        super().connectionMade()
        transport.read_directly(self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Takes what the client sends."""
        interface = self._interface
        head = heads.decode(data) if interface and self._is_idle() else None
        if not (interface and head and self._begin(interface, head, data)):
            super().dataReceived(data)

    def complete(self, request: PlainRequest, response: bytes) -> None:
        """Answers a plain request, and goes on to what has come behind it."""
        transport.write(self.transport, response)
        self.requestDone(request)

    def read_again(self, request: PlainRequest, data: bytes) -> None:
        """Reads a plain request as any other, of which more than a plain response comes."""
        later, self._dataBuffer = self._dataBuffer, []
        self.requests.remove(request)
        self._handlingRequest = False
        self.setTimeout(self._savedTimeOut)
        self.setLineMode()
        self.begun = request
        super().dataReceived(data)
        self.begun = None
        self._dataBuffer += later

    def _is_idle(self) -> bool:
        """Returns whether a request may begin, whose answer can leave at once."""
        if self.requests or self._buffer or self._busyReceiving or not self.persistent:
            return False
        wire: Any = self.transport
        return not (wire.disconnecting or transport.waiting(wire))

    def _begin(self, interface: InterfaceServer, head: heads.Head, data: bytes) -> bool:
        """Sends a plain request on; returns whether it could be."""
        if not (interface.is_serving and knows_client(self.factory.server, head.values)):
            return False
        try:
            request = PlainRequest(self, interface, self._scope(head), data)
        except ChannelLayerError:
            return False
        self.requests.append(request)
        # Twisted passes over one empty line before each request.
        self._HTTPChannel__first_line = 1
        # As Twisted leaves it while a request is being answered: what comes now waits.
        self._savedTimeOut = self.setTimeout(None)
        self._handlingRequest = True
        self.setRawMode()
        return True

    def _scope(self, head: heads.Head) -> messages.Scope:
        path, _, query_string = head.target.partition(b"?")
        scope = {
            **self._common,
            "path": unquote(path.decode()),
            "query_string": query_string,
            "headers": head.headers,
        }
        server = self.factory.server
        if server.proxy_forwarded_address_header:
            scope["client"], scope["scheme"] = parse_x_forwarded_for(
                {name: head.values(name) for name, _ in head.headers},
                server.proxy_forwarded_address_header,
                server.proxy_forwarded_port_header,
                server.proxy_forwarded_proto_header,
                scope["client"],
                scope["scheme"],
            )
        return scope

    @cached_property
    def _common(self) -> Mapping[str, Any]:
        """What the scopes of all plain requests of the connection have in common."""
        return {
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https" if self.isSecure() else "http",
            "root_path": self.factory.server.root_path,
            "client": _address(self.getPeer()),
            "server": _address(self.getHost()),
        }


def _address(end: Any) -> list[Any] | None:
    """Returns host and port of one end of the connection; a Unix socket has none."""
    return [end.host, end.port] if hasattr(end, "host") else None
