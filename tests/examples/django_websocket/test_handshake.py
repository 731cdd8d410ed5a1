"""The handshake as a session keeps it."""

import json

from channels.message import Message
from examples.django_websocket.handshake import pack

CONTENT = {
    "reply_channel": "x!y",
    "path": "/sockets/房间/",
    "query_string": b"a=%20&b=\xc3\xa4",
    "headers": [[b"host", b"example.com"], [b"cookie", b"sessionid=abc"], [b"x-raw", b"\xff\xfe"]],
    "scheme": "wss",
    "client": ["127.0.0.1", 4000],
    "server": ["127.0.0.1", 8000],
    "order": 0,
}


def test_it_can_be_kept_as_json():
    packed = pack(Message(CONTENT, "websocket.connect", None))

    assert json.loads(json.dumps(packed)) == packed


def test_a_secure_socket_is_a_secure_request():
    packed = pack(Message(CONTENT, "websocket.connect", None))

    assert packed["scheme"] == "https"
