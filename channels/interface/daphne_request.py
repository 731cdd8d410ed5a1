"""One request in Daphne: what ASGI does not tell of its client, and the fast way out."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from functools import partial
from io import SEEK_END, BytesIO
from typing import Any

from daphne.http_protocol import WebRequest
from twisted.web.http import NO_BODY_CODES, RESPONSES

from channels.interface import transport
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
        if not self._knows_client():
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
            if self.server.server_name and b"server" not in names:
                headers = [*headers, (b"Server", self.server.server_name.encode())]
            transport.write(self.channel.transport, self._head(headers) + content)
            self.finish()
            self._log_response()
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

    def _knows_client(self) -> bool:
        """Returns whether what a proxy says of the client can be read; Daphne would fail at it."""
        server = self.server
        if not server.proxy_forwarded_address_header:
            return True
        ports = self._said(server.proxy_forwarded_port_header)
        said = self._said(
            server.proxy_forwarded_address_header, server.proxy_forwarded_proto_header
        )
        return b"".join(said + ports).isascii() and all(len(port) < PORT_BYTES for port in ports)

    def _said(self, *names: str | None) -> list[bytes]:
        headers = self.requestHeaders
        return [v for name in names if name for v in headers.getRawHeaders(name.encode(), ())]

    def _tell_length(self) -> None:
        """Says of a body that came in chunks how long it is, as a proxy that has all of it does.

        Django takes a form without a length for an empty one.
        """
        if self.requestHeaders.hasHeader(b"Transfer-Encoding"):
            self.requestHeaders.removeHeader(b"Transfer-Encoding")
            length = self.content.seek(0, SEEK_END)
            self.content.seek(0)
            self.requestHeaders.setRawHeaders(b"Content-Length", [b"%d" % length])

    def _head(self, headers: Headers) -> bytes:
        """Returns the status line and the headers (RFC 9112, sections 4 and 5)."""
        reason = RESPONSES.get(self.code, b"Unknown Status")
        lines = [b"HTTP/1.1 %d %b" % (self.code, reason)]
        lines += [b"%b: %b" % header for header in headers]
        # Twisted's own says whether the connection ends.
        for name, values in self.responseHeaders.getAllRawHeaders():
            lines += [b"%b: %b" % (name, value) for value in values]
        return b"\r\n".join([*lines, b"", b""])

    def _log_response(self) -> None:
        if self.server.action_logger is None:
            return
        details = {
            "path": self.uri.decode("ascii", "backslashreplace"),
            "status": self.code,
            "method": self.method.decode("ascii", "replace"),
            "client": ":".join(map(str, self.client_addr)) if self.client_addr else None,
            "time_taken": self.duration(),
            "size": self.sentLength,
        }
        self.server.log_action("http", "complete", details)


class LastRequest(Request):
    """A request to a server that is going away."""

    _is_last = True


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
