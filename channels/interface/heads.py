"""HTTP/1.1 heads as bytes (RFC 9112, sections 2 to 5): of plain requests, and of responses."""

from __future__ import annotations

import re
from typing import NamedTuple

from twisted.web.http import RESPONSES

from channels.interface.messages import Headers

# A request without a body as browsers send it, in one piece, each header on a line.
_PLAIN = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+.^`|~0-9A-Za-z-]+:[\t -~\x80-\x84\x86-\xff]*\r\n)+)\r\n"
)
# What `decode` takes at the most; the limits of servers are above.
_MOST_BYTES = 8 * 1024
_MOST_HEADERS = 100
# What has a say in where a request ends and what becomes of its connection, or in who is believed.
_SPECIAL = frozenset(
    {
        b"connection",
        b"content-length",
        b"daphne-root-path",
        b"expect",
        b"http2-settings",
        b"transfer-encoding",
        b"upgrade",
    }
)


class Head(NamedTuple):
    """What a plain request consists of.

    Fields:
        target: the path, and the query behind a "?".
        headers: with names in lower case, in the order in which they came.
    """

    target: bytes
    headers: Headers

    def values(self, name: bytes) -> list[bytes]:
        """Returns the values of a header."""
        name = name.lower()
        return [value for known, value in self.headers if known == name]


def decode(data: bytes) -> Head | None:
    """Returns a request as most are: GET, whole, without a body, on a connection to be kept.

    Arguments:
        data: from a client, from the beginning of a request.

    Returns:
        None for all that is another request, only a part of one, more than one, or a mistake.
    """
    plain = _PLAIN.fullmatch(data) if len(data) <= _MOST_BYTES else None
    if plain is None:
        return None
    target, lines = plain.groups()
    headers = []
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name in _SPECIAL and (name, value.lower()) != (b"connection", b"keep-alive"):
            return None
        headers.append((name, value))
    return Head(target, headers) if len(headers) <= _MOST_HEADERS else None


def encode(status: int, headers: Headers) -> bytes:
    """Returns the head of a response.

    Arguments:
        status: of HTTP.
        headers: whose names and values have no line breaks.
    """
    lines = [b"HTTP/1.1 %d %b" % (status, RESPONSES.get(status, b"Unknown Status"))]
    lines += [b"%b: %b" % header for header in headers]
    return b"\r\n".join([*lines, b"", b""])
