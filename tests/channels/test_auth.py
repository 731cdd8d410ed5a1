"""Tests of channels.auth: users for consumers."""

import asyncio

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, login
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from channels.auth import (
    channel_and_http_session_user_from_http,
    channel_session_user,
    channel_session_user_from_http,
    http_session_user,
    transfer_user,
)
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.sessions import session_for_reply_channel

pytestmark = pytest.mark.django_db

REPLY = "websocket.send!abc"


@pytest.fixture
def user() -> User:
    return User.objects.create_user("somebody", password="a password")


@pytest.fixture
def browser_session(user, settings) -> SessionStore:
    """The session of a browser in which the user has logged in."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    return log_in(user)


def log_in(user: User) -> SessionStore:
    request = HttpRequest()
    request.session = SessionStore()
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session["basket"] = ["a saddle"]
    request.session.save()
    return request.session


def make_message(channel: str = "websocket.receive", session: SessionStore | None = None):
    headers = [[b"cookie", f"sessionid={session.session_key}".encode()]] if session else []
    content = {"reply_channel": REPLY, "path": "/", "headers": headers}
    return Message(content, channel, InMemoryChannelLayer())


def consume(decorator, message: Message) -> Message:
    """Runs a consumer that does nothing with the message."""
    decorator(lambda message: None)(message)
    return message


def test_transferring_a_user_logs_it_in(browser_session, user):
    to_session = session_for_reply_channel(REPLY)
    transfer_user(browser_session, to_session)
    to_session.save()
    assert consume(channel_session_user, make_message()).user == user
    assert "basket" not in to_session


def test_transferring_nobody_changes_nothing(browser_session):
    to_session = session_for_reply_channel(REPLY)
    transfer_user(SessionStore(), to_session)
    assert list(to_session.keys()) == []


class TestHttpSessionUser:
    def test_it_is_the_user_of_the_browser(self, browser_session, user):
        assert consume(http_session_user, make_message(session=browser_session)).user == user

    def test_without_a_session_nobody_is_known(self):
        message = consume(http_session_user, make_message())
        assert message.user == AnonymousUser()
        assert message.http_session is None

    def test_a_session_without_a_user_is_anonymous(self):
        session = SessionStore()
        session.save()
        assert consume(http_session_user, make_message(session=session)).user == AnonymousUser()


class TestChannelSessionUser:
    def test_the_user_stays_for_later_messages(self, browser_session, user):
        connect = make_message("websocket.connect", browser_session)
        assert consume(channel_session_user_from_http, connect).user == user
        assert consume(channel_session_user, make_message()).user == user

    def test_nobody_stays_nobody(self):
        connect = make_message("websocket.connect")
        assert consume(channel_session_user_from_http, connect).user == AnonymousUser()
        assert consume(channel_session_user, make_message()).user == AnonymousUser()

    def test_the_http_session_can_stay_too(self, browser_session, user):
        decorator = channel_and_http_session_user_from_http
        consume(decorator, make_message("websocket.connect", browser_session))
        message = consume(
            lambda consumer: decorator(channel_session_user(consumer)), make_message()
        )
        assert message.user == user
        assert message.http_session["basket"] == ["a saddle"]

    def test_a_coroutine_function_has_a_user_too(self, file_sessions):
        @channel_session_user
        async def consumer(message):
            return message.user

        assert asyncio.run(consumer(make_message())) == AnonymousUser()

    def test_a_deleted_user_is_nobody(self, browser_session, user):
        consume(channel_session_user_from_http, make_message("websocket.connect", browser_session))
        user.delete()
        assert consume(channel_session_user, make_message()).user == AnonymousUser()


class TestChangedPassword:
    def test_the_socket_is_logged_out_and_keeps_its_session(self, browser_session, user):
        connect = consume(
            channel_session_user_from_http, make_message("websocket.connect", browser_session)
        )
        connect.channel_session["room"] = "lobby"
        connect.channel_session.save()
        user.set_password("another password")
        user.save()
        message = consume(channel_session_user, make_message())
        assert message.user == AnonymousUser()
        assert message.channel_session["room"] == "lobby"
        assert SESSION_KEY not in session_for_reply_channel(REPLY)

    def test_a_new_socket_is_not_logged_in(self, browser_session, user):
        user.set_password("another password")
        user.save()
        connect = consume(
            channel_session_user_from_http, make_message("websocket.connect", browser_session)
        )
        assert connect.user == AnonymousUser()
        assert BACKEND_SESSION_KEY not in connect.channel_session


def test_a_rotated_secret_key_does_not_log_the_browser_out(browser_session, user, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new secret key"
    message = consume(http_session_user, make_message(session=browser_session))
    assert message.user == user
    assert message.http_session.session_key == browser_session.session_key
    stored = SessionStore(browser_session.session_key)
    assert stored[HASH_SESSION_KEY] == user.get_session_auth_hash()
    assert stored["basket"] == ["a saddle"]
