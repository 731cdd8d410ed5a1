"""One request in Daphne: what ASGI does not tell of its client, and the fast way out."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from io import SEEK_END, BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.web.http import NO_BODY_CODES

from channels.interface import heads, transport
from channels.interface.messages import Headers
from channels.interface.upload import Receive, Upload

logger = logging.getLogger(__name__)

# The absolute form of a request's target, by authority and the rest.
ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)

# A port that is as long as this may be a larger number than layers carry.
PORT_BYTES = 19

# How long the client of a connection that is being closed may read nothing.
UNREAD_SECONDS = 30.0


class Request(WebRequest):  # type: ignore[misc]  # Daphne has no types
    """A request whose large body stays in its file; the original would read all of it at once."""

    # Twisted deletes its own when the response is complete.
    channel: Any = None
    content: Any
    uri: bytes
    path: bytes
    _when_gone: Callable[[], None] | None = None
    _is_last = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, parsePOSTFormSubmission=False)

    def process(self) -> Any:
        """Hands the request to the application, also one that will be a WebSocket."""
        # Daphne would believe this header of any client: with a root path of its choice it could
        # ask for what a proxy hides. `--root-path` says it for all.
        self.requestHeaders.removeHeader(b"Daphne-Root-Path")
        self._split_target()
        self._tell_length()
        if not isinstance(self.content, BytesIO):
            self.content = Upload(self.content)
        if self._is_last:
            self.be_last()
        if not knows_client(self.server, self._values):
            self.request_start = time.time()
            self.basic_error(400, b"Bad Request", "Invalid header of a proxy")
            return None
        return super().process()

    def be_last(self) -> None:
        """Has the connection end with the response to this request."""
        self._is_last = True
        if self.channel is not None:
            self.channel.persistent = False
            self.responseHeaders.setRawHeaders(b"Connection", [b"close"])

    def finish(self) -> None:
        """Ends the response, and with it a connection that is not for another."""
        channel = self.channel
        super().finish()
        if channel is not None and not channel.persistent:
            _see_off(channel)

    def connectionLost(self, reason: Any) -> None:
        """Takes note that the client has left before its response was complete."""
        super().connectionLost(reason)
        if self._when_gone:
            self._when_gone()

    def check_timeouts(self) -> None:
        """Ends a request that takes longer than `--http-timeout`, and takes note of it.

        A response that has begun is cut off; Daphne would end it as if it were complete.
        """
        limit = self.server.http_timeout
        if not limit or self.channel is None or self.duration() <= limit:
            return
        if self._response_started:
            logger.warning("Cut off a response that took longer than %s s.", limit)
            self.abort()
            return
        super().check_timeouts()
        if self._when_gone:
            self._when_gone()

    def handle_exception(self, exception: BaseException) -> None:
        """Ends a request whose application failed; Daphne can end none whose response has begun."""
        if self._response_started:
            self.abort()
        else:
            super().handle_exception(exception)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Calls back when the client leaves before its response is complete."""
        if self.channel is None:
            callback()  # it has left already
        else:
            self._when_gone = callback

    def receiver(self, receive: Receive) -> Receive:
        """Returns the ASGI `receive` that reads a body which is kept in a file."""
        upload = self.content
        return partial(upload.receive, receive) if isinstance(upload, Upload) else receive

    def waiting(self) -> int:
        """Returns how many bytes of the response wait for the client to read."""
        return 0 if self.channel is None else transport.waiting(self.channel.transport)

    def respond(self, status: int, headers: Headers, content: bytes) -> bool:
        """Writes a whole response in one go, past the objects that would make one of its parts.

        Arguments:
            status: of HTTP.
            headers: with the content's length.
            content: all of it.

        Returns:
            whether it could be done; if not, nothing was.
        """
        names = {name.lower() for name, _ in headers}
        has_body = self.method != b"HEAD" and status not in NO_BODY_CODES
        is_framed = b"content-length" in names and b"transfer-encoding" not in names
        if not (has_body and is_framed and self.clientproto == b"HTTP/1.1"):
            return False
        if self.channel is not None:
            # What Daphne and Twisted would note on the way.
            self._response_started = True
            self.startedWriting = 1
            self.code, self.sentLength = status, len(content)
            head = heads.encode(status, with_name(self.server, headers) + self._own_headers())
            transport.write(self.channel.transport, head + content)
            self.finish()
            log_response(
                self.server,
                client=self.client_addr,
                method=self.method,
                target=self.uri,
                status=status,
                size=len(content),
                seconds=self.duration(),
            )
        return True

    def abort(self) -> None:
        """Cuts the connection, so that the client knows the response is not complete."""
        if self.channel is not None:
            self.channel.forceAbortClient()

    def _split_target(self) -> None:
        """Reads a target as clients send it to proxies; its host counts, and no other.

        So does RFC 9112, section 3.2.2, have it.
        """
        if absolute := ABSOLUTE.fullmatch(self.uri):
            authority, rest = absolute.groups()
            self.requestHeaders.setRawHeaders(b"Host", [authority])
            self.uri = rest if rest.startswith(b"/") else b"/" + rest
            self.path = self.uri.partition(b"?")[0]

    def _values(self, name: bytes) -> Sequence[bytes]:
        """Returns the values of a header."""
        values: Sequence[bytes] = self.requestHeaders.getRawHeaders(name, ())
        return values

    def _tell_length(self) -> None:
        """Says of a body that came in chunks how long it is, as a proxy that has all of it does.

        Django takes a form without a length for an empty one.
        """
        if self.requestHeaders.hasHeader(b"Transfer-Encoding"):
            self.requestHeaders.removeHeader(b"Transfer-Encoding")
            length = self.content.seek(0, SEEK_END)
            self.content.seek(0)
            self.requestHeaders.setRawHeaders(b"Content-Length", [b"%d" % length])

    def _own_headers(self) -> Headers:
        """Returns Twisted's headers, which say whether the connection ends."""
        every = self.responseHeaders.getAllRawHeaders()
        return [(name, value) for name, values in every for value in values]


class LastRequest(Request):
    """A request to a server that is going away."""

    _is_last = True


def knows_client(server: Any, values: Callable[[bytes], Sequence[bytes]]) -> bool:
    """Returns whether what a proxy says of a client can be read; Daphne would fail at it.

    Arguments:
        server: Daphne's.
        values: returns the values of a header.
    """
    if not server.proxy_forwarded_address_header:
        return True
    address, port, scheme = (
        values(name.encode()) if name else ()
        for name in (
            server.proxy_forwarded_address_header,
            server.proxy_forwarded_port_header,
            server.proxy_forwarded_proto_header,
        )
    )
    is_ascii = b"".join([*address, *port, *scheme]).isascii()
    return is_ascii and all(len(digits) < PORT_BYTES for digits in port)


def with_name(server: Any, headers: Headers) -> Headers:
    """Returns the headers of a response with the name that Daphne's server goes by, if any.

    Arguments:
        server: Daphne's.
        headers: which may have another name.
    """
    if not server.server_name or any(name.lower() == b"server" for name, _ in headers):
        return headers
    return [*headers, (b"Server", server.server_name.encode())]


def log_response(
    server: Any,
    *,
    client: Sequence[Any] | None,
    method: bytes,
    target: bytes,
    status: int,
    size: int,
    seconds: float,
) -> None:
    """Writes a line of Daphne's access log, if there is one.

    Arguments:
        server: Daphne's.
        client: its address and port.
        method: of the request, like its target.
        status: of the response, like its size in bytes and the seconds it took.
    """
    if server.action_logger is None:
        return
    details = {
        "client": ":".join(map(str, client)) if client else None,
        "method": method.decode("ascii", "replace"),
        "path": target.decode("ascii", "backslashreplace"),
        "status": status,
        "size": size,
        "time_taken": seconds,
    }
    server.log_action("http", "complete", details)


def _see_off(channel: Any) -> None:
    """Cuts a connection that is being closed when its client reads nothing for too long.

    Twisted would wait for ever, under TLS even for the answer to the close.
    """
    before = transport.waiting(channel.transport)

    def look() -> None:
        left = transport.waiting(channel.transport)
        if 0 < left < before:
            _see_off(channel)
            return
        if left:
            logger.warning("Cut off a connection with %d bytes unread by its client.", left)
        channel.forceAbortClient()

    # The channel cancels it with the end of the connection.
    channel._abortingCall = channel.callLater(UNREAD_SECONDS, look)
