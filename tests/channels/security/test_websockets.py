"""Tests of channels.security.websockets: which pages may open a WebSocket."""

import asyncio

import pytest
from asgiref.sync import iscoroutinefunction

from channels.exceptions import DenyConnection
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.security.websockets import BaseOriginValidator, allowed_hosts_only


@allowed_hosts_only
def connect(message, **kwargs):
    """Connects."""
    return kwargs


def make_message(*headers) -> Message:
    return Message({"path": "/", "headers": headers}, "websocket.connect", InMemoryChannelLayer())


def connect_from(origin: bytes):
    return connect(make_message([b"host", b"example.com"], [b"origin", origin]), room="1")


@pytest.mark.parametrize(
    ("allowed_hosts", "origin"),
    [
        (["example.com"], b"http://example.com"),
        (["example.com"], b"https://EXAMPLE.com:8000"),
        ([".example.com"], b"https://map.example.com"),
        (["*"], b"https://anything.example.org"),
        (["[::1]"], b"http://[::1]:8000"),
    ],
)
def test_pages_of_allowed_hosts_may_connect(settings, allowed_hosts, origin):
    settings.ALLOWED_HOSTS = allowed_hosts
    assert connect_from(origin) == {"room": "1"}


@pytest.mark.parametrize(
    "origin",
    [
        b"http://example.org",
        b"http://example.com.example.org",
        b"http://notexample.com",
        b"null",
        b"",
        b"http://[",
        b"example.com",
        b"\xc3\xa4",
    ],
)
def test_other_pages_may_not(settings, caplog, origin):
    settings.ALLOWED_HOSTS = ["example.com"]
    with pytest.raises(DenyConnection):
        connect_from(origin)
    assert "Refused a socket on /" in caplog.text


@pytest.mark.parametrize("headers", [[], [[]], [[b"origin"]]])
def test_a_handshake_without_origin_is_refused(settings, headers):
    settings.ALLOWED_HOSTS = ["*"]
    with pytest.raises(DenyConnection):
        connect(make_message(*headers))


@pytest.mark.parametrize(
    "origin", [b"http://localhost:8000", b"http://127.0.0.1:8000", b"http://[::1]:8000"]
)
def test_local_pages_may_connect_in_development(settings, origin):
    settings.ALLOWED_HOSTS = []
    settings.DEBUG = True
    assert connect_from(origin) == {"room": "1"}
    settings.DEBUG = False
    with pytest.raises(DenyConnection):
        connect_from(origin)


def test_a_validator_of_ones_own_decides_by_message_and_origin():
    class OnlyPath(BaseOriginValidator):
        def validate_origin(self, message, origin):
            return (message["path"], origin) == ("/", "https://example.com")

    consumer = OnlyPath(lambda message: "connected")
    assert consumer(make_message([b"origin", b"https://example.com"])) == "connected"
    with pytest.raises(DenyConnection):
        consumer(make_message([b"origin", b"https://example.org"]))


def test_a_validator_must_decide():
    consumer = BaseOriginValidator(lambda message: "connected")
    with pytest.raises(NotImplementedError, match="validate_origin"):
        consumer(make_message([b"origin", b"https://example.com"]))


def test_the_consumer_keeps_its_name():
    assert connect.__name__ == "connect"
    assert connect.__doc__ == "Connects."


def test_coroutine_functions_stay_such(settings):
    settings.ALLOWED_HOSTS = ["example.com"]

    @allowed_hosts_only
    async def connect_async(message):
        return "connected"

    assert iscoroutinefunction(connect_async)
    message = make_message([b"origin", b"http://example.com"])
    assert asyncio.run(connect_async(message)) == "connected"
