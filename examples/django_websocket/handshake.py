"""The handshake of a socket as Django's request, for every call of its view."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase

from channels.handler import AsgiHandler, AsgiRequest
from channels.message import Message
from examples.django_websocket.websocket import WebSocket

SCHEMES = {"ws": "http", "wss": "https"}
ENCODING = "latin-1"  # one character for each byte


def pack(message: Message) -> dict[str, Any]:
    """Return what a `websocket.connect` message says, as a session can keep it."""
    return {
        "path": message["path"],
        "root_path": message.get("root_path", ""),
        "query_string": message.get("query_string", b"").decode(ENCODING),
        "headers": [[part.decode(ENCODING) for part in header] for header in message["headers"]],
        "scheme": SCHEMES[message.get("scheme", "ws")],
        "client": message.get("client"),
        "server": message.get("server"),
    }


def call_view(
    message: Message, handshake: dict[str, Any], websocket: WebSocket
) -> HttpResponseBase:
    """Send a request through the middleware to a socket's view; return its response.

    The request is new each time, so sessions and users are what they are now.

    Arguments:
        message: of the socket, for its layer.
        handshake: what `pack` returned.
    """
    content = {
        **handshake,
        "query_string": handshake["query_string"].encode(ENCODING),
        "headers": [[part.encode(ENCODING) for part in header] for header in handshake["headers"]],
    }
    request = AsgiRequest(Message(content, "websocket.connect", message.channel_layer))
    request.urlconf = settings.WEBSOCKET_URLCONF
    request.websocket = websocket
    response = _handler().get_response(request)
    response.close()  # ends the request: the thread is back on ROOT_URLCONF
    return response


@cache
def _handler() -> AsgiHandler:
    return AsgiHandler()
