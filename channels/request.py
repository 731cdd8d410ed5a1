"""A request in Django's terms, made from its message (the contract, sections 2 and 3)."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, BinaryIO

from django.conf import settings
from django.http import HttpRequest, QueryDict, parse_cookie
from django.utils.functional import cached_property

from channels.body import RequestBody
from channels.exceptions import ResponseLater
from channels.message import Message

BUFFER_BYTES = 64 * 1024

_UNPREFIXED = {"content-length": "CONTENT_LENGTH", "content-type": "CONTENT_TYPE"}


class AsgiRequest(HttpRequest):
    """Django's request for an `http.request` message; a `websocket.connect` message will do too.

    Arguments:
        message: what was read.

    Attributes:
        message: the same.
        reply_channel: where the response goes; a view that raises `ResponseLater` can hand its
            name on.
        body_receive_timeout: seconds to wait for each next part of a large body.

    Raises:
        UnicodeDecodeError: the query string is not UTF-8.
        RequestAborted: the client has already left.
        KeyError: the message has no path.

    Reading a large body raises RequestAborted when the client leaves, RequestTimeout when it
    stalls or a part is lost, whether it is read by the view or by `POST`, `FILES` and `body`.
    """

    ResponseLater = ResponseLater
    body_receive_timeout: float = 60

    def __init__(self, message: Message) -> None:
        # HttpRequest.__init__ would set GET, POST and others that are properties here.
        self.message = message
        self.reply_channel = message.reply_channel
        self.method = message.get("method", "GET").upper()
        self.path = _text(message["path"])
        self.script_name = script_name_of(message)
        self.path_info = _path_below(self.script_name, self.path)
        self.META = self._make_meta()
        self._set_content_type_params(self.META)  # type: ignore[attr-defined]
        self._stream = self._open_body()
        self._post_parse_error = False
        self._read_started = False
        self.resolver_match = None

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]
        return QueryDict(self.message.get("query_string", b""), encoding=self.encoding)

    @property  # type: ignore[override]
    def POST(self) -> QueryDict:
        if not hasattr(self, "_post"):
            self._load_post_and_files()
        return self._post

    @POST.setter
    def POST(self, post: QueryDict) -> None:
        self._post = post

    @property
    def FILES(self) -> Any:  # type: ignore[override]
        if not hasattr(self, "_files"):
            self._load_post_and_files()
        return self._files  # type: ignore[attr-defined]

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # type: ignore[override]
        return parse_cookie(self.META.get("HTTP_COOKIE", ""))

    def close(self) -> None:
        super().close()
        self._stream.close()

    def _get_scheme(self) -> str:
        return self.message.get("scheme") or "http"

    def _make_meta(self) -> dict[str, Any]:
        server = self.message.get("server") or ("unknown", 0)
        meta = {
            "REQUEST_METHOD": self.method,
            "QUERY_STRING": _text(self.message.get("query_string", b"")),
            "SCRIPT_NAME": self.script_name,
            "PATH_INFO": self.path_info,
            # Code written for WSGI asks for these.
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
        }
        if client := self.message.get("client"):
            meta["REMOTE_ADDR"] = meta["REMOTE_HOST"] = client[0]
            meta["REMOTE_PORT"] = client[1]
        return meta | _header_meta(self.message.get("headers", ()))

    def _open_body(self) -> BinaryIO:
        beginning = self.message.get("body") or b""
        channel = self.message.get("body_channel")
        if not channel:
            return io.BytesIO(beginning)
        layer = self.message.channel_layer
        body = RequestBody(layer, channel, beginning, self.body_receive_timeout)
        body.read_ahead()
        return io.BufferedReader(body, BUFFER_BYTES)


def script_name_of(message: Message) -> str:
    """Returns the part of the path that leads to the application, without a slash at its end."""
    script_name: str = settings.FORCE_SCRIPT_NAME or message.get("root_path") or ""
    return script_name.rstrip("/")


def _path_below(script_name: str, path: str) -> str:
    if path == script_name:
        return "/"
    # A proxy may have cut the script name off already.
    return path.removeprefix(script_name) if path.startswith(script_name + "/") else path


def _header_meta(headers: Any) -> dict[str, str]:
    """Returns the META entries of headers: pairs of bytes, or the dict of early 1.x messages."""
    values = defaultdict(list)
    for name, value in _pairs(headers):
        # "X-User" and "X_User" would be the same entry: clients could forge what a proxy sets.
        if "_" not in name:
            key = _UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
            values[key].append(value.decode("latin-1"))
    # RFC 9113, section 8.2.3 for cookies; RFC 9110, section 5.3 for all others.
    return {
        key: ("; " if key == "HTTP_COOKIE" else ",").join(parts) for key, parts in values.items()
    }


def _pairs(headers: Any) -> Iterable[tuple[str, bytes]]:
    items = headers.items() if isinstance(headers, dict) else headers
    return ((_text(name, "latin-1").lower(), value) for name, value in items)


def _text(value: str | bytes, encoding: str = "utf-8") -> str:
    return value.decode(encoding) if isinstance(value, bytes) else value
