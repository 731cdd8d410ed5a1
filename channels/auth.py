"""Users for consumers (the contract, section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase

from channels.decorators import Consumer, around_consumer
from channels.message import Message
from channels.sessions import channel_and_http_session, channel_session, http_session

_USER_KEYS = (auth.SESSION_KEY, auth.BACKEND_SESSION_KEY, auth.HASH_SESSION_KEY)


def transfer_user(from_session: SessionBase, to_session: SessionBase) -> None:
    """Logs the user of one session into another; without a user, nothing changes."""
    if all(key in from_session for key in _USER_KEYS):
        for key in _USER_KEYS:
            to_session[key] = from_session[key]


@around_consumer
def _user_of_channel_session(message: Message) -> Iterator[None]:
    message.user = _user_of(message.channel_session)
    yield


def channel_session_user(consumer: Consumer) -> Consumer:
    """Gives a consumer `message.user`, of the channel session, and that session.

    The user was put there by `channel_session_user_from_http` when the socket connected. It
    is AnonymousUser where there is none, or the password was changed since.
    """
    return channel_session(_user_of_channel_session(consumer))


@around_consumer
def _user_of_http_session(message: Message) -> Iterator[None]:
    message.user = _user_of(message.http_session)
    yield


def http_session_user(consumer: Consumer) -> Consumer:
    """Gives a consumer `message.user`, of the HTTP session or AnonymousUser, and that session."""
    return http_session(_user_of_http_session(consumer))


@around_consumer
def _transferred_user(message: Message) -> Iterator[None]:
    if message.http_session is not None:
        transfer_user(message.http_session, message.channel_session)
    yield


def channel_session_user_from_http(consumer: Consumer) -> Consumer:
    """Gives a consumer the user of the HTTP session, and logs it into the channel session.

    For the consumer of `websocket.connect`; those of the messages to come are decorated with
    `channel_session_user`. Gives both sessions besides.
    """
    return http_session_user(channel_session(_transferred_user(consumer)))


def channel_and_http_session_user_from_http(consumer: Consumer) -> Consumer:
    """As `channel_session_user_from_http`, with the HTTP session on every message."""
    return http_session_user(channel_and_http_session(_transferred_user(consumer)))


class _SessionOfSocket:
    """A session as Django's `get_user` uses it, when no response can carry a new cookie."""

    def __init__(self, session: SessionBase) -> None:
        self._session = session

    def __getitem__(self, key: str) -> Any:
        return self._session[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._session[key] = value

    def get(self, key: str, default: Any = None) -> Any:
        return self._session.get(key, default)

    def cycle_key(self) -> None:
        """Keeps the key: the browser would not learn of another."""

    def flush(self) -> None:
        """Logs the user out, and leaves alone what consumers have stored."""
        for key in _USER_KEYS:
            self._session.pop(key, None)


class _RequestOfSocket:
    def __init__(self, session: SessionBase) -> None:
        self.session = _SessionOfSocket(session)


def _user_of(session: SessionBase | None) -> Any:
    if session is None:
        # Not imported above: routing may be imported before the models are ready.
        from django.contrib.auth.models import AnonymousUser

        return AnonymousUser()
    request: Any = _RequestOfSocket(session)
    return auth.get_user(request)
