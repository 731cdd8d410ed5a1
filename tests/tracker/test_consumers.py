from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from channels.exceptions import DenyConnection
from channels.message import Message
from tracker.consumers import websocket_connect, websocket_disconnect, websocket_keepalive

pytestmark = pytest.mark.django_db

REPLY_CHANNEL = "test.response!socket"


@pytest.fixture
def session_key(client: Client, user: User) -> str:
    client.force_login(user)
    return client.session.session_key


@pytest.fixture
def make_message(layer: Any) -> Callable[..., Message]:
    def make(channel: str, **content: Any) -> Message:
        content = {"reply_channel": REPLY_CHANNEL, "path": "/notifications/", **content}
        return Message(content, channel, layer)

    return make


@pytest.fixture
def connect(make_message: Callable[..., Message]) -> Callable[..., None]:
    def connect(
        session_key: str = "", origin: bytes = b"http://testserver", query_string: bytes = b""
    ) -> None:
        headers = [[b"host", b"testserver"]]
        if origin:
            headers.append([b"origin", origin])
        if session_key:
            cookie = f"{settings.SESSION_COOKIE_NAME}={session_key}"
            headers.append([b"cookie", cookie.encode()])
        message = make_message(
            "websocket.connect", headers=headers, query_string=query_string, order=0
        )
        websocket_connect(message)

    return connect


@pytest.fixture
def replies(layer: Any) -> Callable[[], Iterator[dict[str, Any]]]:
    def replies() -> Iterator[dict[str, Any]]:
        return iter(lambda: layer.receive(["test.response!"])[1], None)

    return replies


@pytest.fixture
def members(layer: Any) -> Callable[[], list[str]]:
    return lambda: list(layer.group_channels("notifications"))


def test_a_logged_in_user_hears_of_changes(connect, session_key, replies, members):
    connect(session_key)
    assert list(replies()) == [{"accept": True}]
    assert members() == [REPLY_CHANNEL]


@pytest.mark.parametrize(
    "handshake",
    [
        {"session_key": ""},
        {"session_key": "of-nobody"},
        {"origin": b"http://evil.example"},
        {"origin": b""},
    ],
    ids=["no session", "unknown session", "foreign origin", "no origin"],
)
def test_anybody_else_is_refused_and_in_no_group(
    connect, session_key, replies, members, handshake, caplog
):
    with pytest.raises(DenyConnection):
        connect(**{"session_key": session_key, **handshake})
    assert list(replies()) == []
    assert members() == []
    assert "refused" in caplog.text.lower()


def test_a_refused_socket_leaves_no_session_behind(connect):
    with pytest.raises(DenyConnection):
        connect()
    assert not Session.objects.exists()


def test_a_deactivated_user_is_refused(connect, session_key, user, members):
    user.is_active = False
    user.save()
    with pytest.raises(DenyConnection):
        connect(session_key)
    assert members() == []


def test_a_session_key_in_the_address_is_not_enough(connect, session_key):
    with pytest.raises(DenyConnection):
        connect(query_string=f"session_key={session_key}".encode())


def test_a_setting_allows_a_session_key_in_the_address(connect, session_key, members, settings):
    settings.CHANNEL_SESSION_KEY_IN_QUERY = True
    connect(query_string=f"session_key={session_key}".encode())
    assert members() == [REPLY_CHANNEL]


def test_a_keepalive_renews_the_membership(connect, session_key, make_message, members, layer):
    connect(session_key)
    layer.group_discard("notifications", REPLY_CHANNEL)
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == [REPLY_CHANNEL]


def test_a_keepalive_closes_the_socket_of_a_deactivated_user(
    connect, session_key, make_message, members, replies, user
):
    connect(session_key)
    user.is_active = False
    user.save()
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == []
    assert list(replies()) == [{"accept": True}, {"close": 1008}]


def test_a_closed_socket_is_forgotten(connect, session_key, make_message, members):
    connect(session_key)
    websocket_disconnect(make_message("websocket.disconnect", code=1001, order=1))
    assert members() == []
    assert [session.session_key for session in Session.objects.all()] == [session_key]
