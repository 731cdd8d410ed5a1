"""What goes over the channels: the messages of the contract, section 3. No I/O here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

# WebSocket close codes (RFC 6455, section 7.4, and the IANA registry).
NORMAL_CLOSURE = 1000
ABNORMAL_CLOSURE = 1006
MESSAGE_TOO_BIG = 1009
INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013

# What a consumer may close with, besides 3000 to 4999.
CLOSE_CODES = (1000, 1008, 1011, 1012, 1013)

# How a handshake is refused unless the reply says otherwise.
FORBIDDEN = 403

# The headers that say where a body ends.
FRAMING = (b"content-length", b"transfer-encoding")

# What a header's name consists of (RFC 9110, section 5.6.2).
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Scope = Mapping[str, Any]
Content = dict[str, Any]
Headers = list[tuple[bytes, bytes]]


def http_request(
    scope: Scope, reply_channel: str, body: bytes, body_channel: str | None
) -> Content:
    """Returns the `http.request` message for an ASGI 3 scope.

    Arguments:
        scope: of type "http".
        reply_channel: where the response goes.
        body: the body, or its beginning.
        body_channel: where the rest of the body can be read, if there is more.
    """
    content = _connection(scope, reply_channel)
    content.update(
        http_version=scope["http_version"],
        method=scope["method"],
        scheme=scope["scheme"],
        body=body,
    )
    if body_channel:
        content["body_channel"] = body_channel
    return content


def http_disconnect(scope: Scope, reply_channel: str) -> Content:
    """Returns the `http.disconnect` message: the client left before its response was complete."""
    return {"reply_channel": reply_channel, "path": scope["path"]}


def websocket_connect(scope: Scope, reply_channel: str, scheme: str) -> Content:
    """Returns the `websocket.connect` message; `scheme` is "ws" or "wss"."""
    content = _connection(scope, reply_channel)
    content.update(scheme=scheme, subprotocols=list(scope.get("subprotocols", ())), order=0)
    return content


def websocket_receive(
    reply_channel: str, path: str, frame: Mapping[str, Any], order: int
) -> Content:
    """Returns the `websocket.receive` message for an ASGI 3 event with text or bytes."""
    content: Content = {"reply_channel": reply_channel, "path": path, "order": order}
    if frame.get("text") is not None:
        content["text"] = frame["text"]
    else:
        content["bytes"] = frame["bytes"]
    return content


def websocket_disconnect(reply_channel: str, path: str, code: int, order: int) -> Content:
    """Returns the `websocket.disconnect` message."""
    return {"reply_channel": reply_channel, "path": path, "code": code, "order": order}


def websocket_keepalive(reply_channel: str, path: str) -> Content:
    """Returns the `websocket.keepalive` message."""
    return {"reply_channel": reply_channel, "path": path}


class SocketReply(NamedTuple):
    """What a consumer wants done with a socket, in this order.

    Fields:
        accept: True opens it, False refuses it, None says nothing.
        data: a frame to send, str or bytes.
        close: a close code.
        status: of HTTP, with which a refused handshake ends.
    """

    accept: bool | None = None
    data: str | bytes | None = None
    close: int | None = None
    status: int = FORBIDDEN


class ResponsePart(NamedTuple):
    """A piece of an HTTP response; `status` is None in all but the first."""

    status: int | None
    headers: Headers
    content: bytes
    more_content: bool


def is_close_code(code: Any) -> bool:
    """Returns whether a consumer may close a socket with this."""
    return isinstance(code, int) and (code in CLOSE_CODES or 3000 <= code <= 4999)


def parse_socket_reply(message: Content) -> SocketReply:
    """Returns what a reply to a socket says.

    Raises:
        ValueError: it says something the contract does not know, or text and bytes at once.
    """
    if len(message) == 1 and isinstance(message.get("text"), str):
        return SocketReply(data=message["text"])  # as most are
    unknown = message.keys() - {"accept", "text", "bytes", "close", "status"}
    if unknown:
        raise ValueError(
            "A reply to a WebSocket has text, bytes, close or accept,"
            f" not {sorted(map(str, unknown))}."
        )
    text, data = message.get("text"), message.get("bytes")
    if text is not None and data is not None:
        raise ValueError("A reply to a WebSocket has text or bytes, not both; send two replies.")
    if text is not None and not isinstance(text, str):
        raise ValueError(f"text must be a str, not {type(text).__name__}.")
    if data is not None and not isinstance(data, bytes):
        raise ValueError(f"bytes must be bytes, not {type(data).__name__}.")
    accept = message.get("accept")
    return SocketReply(
        accept=None if accept is None else bool(accept),
        data=data if text is None else text,
        close=_close_code(message.get("close")),
        status=_refusal_status(accept, message.get("status", FORBIDDEN)),
    )


def parse_response(message: Content, first: bool) -> ResponsePart:
    """Returns the part of a response that a reply to a request is.

    Raises:
        ValueError: the reply does not fit the contract; the text says why.
    """
    if message.get("closed"):
        raise ValueError("the worker broke it off; its log says why")
    status, content = message.get("status"), message.get("content", b"")
    if first and not (isinstance(status, int) and 200 <= status <= 599):
        raise ValueError(
            "The first reply to a request needs a status, an int from 200 to 599;"
            f" it is {status!r}, beside {sorted(map(str, message))}."
        )
    if not isinstance(content, bytes):
        raise ValueError(f"content must be bytes, not {type(content).__name__}.")
    headers = _headers(message.get("headers", ())) if first else []
    return ResponsePart(
        status if first else None, headers, content, bool(message.get("more_content", False))
    )


def has_body(status: int | None, method: str) -> bool:
    """Returns whether a response has a body (RFC 9112, 6.3); one that is sent would be the next."""
    return method != "HEAD" and status not in (204, 304)


def length_headers(part: ResponsePart, method: str) -> Headers:
    """Returns the header that spares a whole response the chunked encoding (RFC 9112, 6.1)."""
    if part.more_content or not has_body(part.status, method):
        return []
    if any(name.lower() in FRAMING for name, _ in part.headers):
        return []
    return [(b"content-length", b"%d" % len(part.content))]


def whole_headers(part: ResponsePart) -> Headers | None:
    """Returns the headers of a response that can leave in one piece, to be read by its length.

    Returns:
        None where there is more to come of it, or to be thought about.
    """
    if part.more_content or not has_body(part.status, "GET"):
        return None
    length = (b"content-length", b"%d" % len(part.content))
    framing = [(name.lower(), value) for name, value in part.headers if name.lower() in FRAMING]
    if not framing:
        return [*part.headers, length]
    return part.headers if framing == [length] else None


def content_length(headers: Headers) -> int | None:
    """Returns the length that a response's headers announce, or None if they announce none."""
    given = [value for name, value in headers if name.lower() == b"content-length"]
    return int(given[0]) if len(given) == 1 and given[0].isdigit() else None


def _connection(scope: Scope, reply_channel: str) -> Content:
    """What requests and handshakes have in common."""
    return {
        "reply_channel": reply_channel,
        "path": scope["path"],
        "query_string": scope.get("query_string", b""),
        "root_path": scope.get("root_path", ""),
        "headers": [[name, value] for name, value in scope.get("headers", ())],
        "client": _address(scope.get("client")),
        "server": _address(scope.get("server")),
    }


def _address(pair: Any) -> list[Any] | None:
    return list(pair) if pair else None


def _close_code(close: Any) -> int | None:
    if close is None or close is False:
        return None
    if close is True:
        return NORMAL_CLOSURE
    if is_close_code(close):
        return int(close)
    raise ValueError(
        f"close must be True, or a code: {CLOSE_CODES} or 3000 to 4999; not {close!r}."
    )


def _refusal_status(accept: Any, status: Any) -> int:
    if status != FORBIDDEN and (accept is not False or status not in range(400, 600)):
        raise ValueError(
            f"status belongs to accept: False, and is from 400 to 599; not {status!r} with"
            f" accept: {accept!r}."
        )
    return int(status)


def _headers(pairs: Any) -> Headers:
    try:
        given = [(name, value) for name, value in pairs]
    except (TypeError, ValueError):
        raise ValueError(f"headers must be a list of [name, value], not {pairs!r:.200}.") from None
    return [(_header_name(name), _header(value)) for name, value in given]


def _header_name(value: Any) -> bytes:
    name = _header(value)
    if not TOKEN.fullmatch(name):
        raise ValueError(f"A header's name consists of letters, digits and -: {name!r}.")
    return name


def _header(value: Any) -> bytes:
    if isinstance(value, str):
        value = value.encode("latin-1")
    if not isinstance(value, bytes) or b"\n" in value or b"\r" in value:
        raise ValueError(f"A header's name and value must be bytes without line breaks: {value!r}.")
    return value
