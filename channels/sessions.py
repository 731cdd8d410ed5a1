"""Sessions for consumers, and the order of a socket's messages (the contract, section 2).

The decorators are for functions, methods and coroutine functions that are called with a
message; they hang what they add on the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from channels.decorators import Consumer, SkipConsumer, around_consumer
from channels.exceptions import ConsumeLater
from channels.message import Message
from channels.ordering import SocketOrder, keep_count
from channels.request import AsgiRequest
from channels.session_store import save_if_modified, session_for_reply_channel

__all__ = [
    "channel_and_http_session",
    "channel_session",
    "enforce_ordering",
    "http_session",
    "session_for_reply_channel",
]


@around_consumer
def channel_session(message: Message) -> Iterator[None]:
    """Gives a consumer `message.channel_session`, a session that belongs to the connection.

    All messages with the same reply channel share it. It is saved after the consumer, even
    one that raised. CHANNEL_SESSION_ENGINE chooses where, SESSION_ENGINE if that is not set.

    Raises:
        ValueError: the message has no reply channel, or sessions are kept in cookies.
    """
    if not hasattr(message, "channel_session"):
        if message.reply_channel is None:
            raise ValueError(
                f"channel_session needs a reply_channel, and the message on"
                f" {message.channel.name!r} has none."
            )
        message.channel_session = session_for_reply_channel(message.reply_channel.name)
    try:
        yield
    finally:
        if message.channel_session.modified:
            keep_count(message.channel_session)
        save_if_modified(message.channel_session)


@around_consumer
def http_session(message: Message) -> Iterator[None]:
    """Gives a consumer `message.http_session`, the session of the browser, or None.

    It is found by the session cookie, or by `?session_key=` unless the setting
    CHANNEL_SESSION_KEY_IN_QUERY is False. It is saved after the consumer, but not after one
    that raised. A new session cannot begin here, because no response carries its cookie: what
    a consumer stores for a key that is not known, or not any more, is not saved.

    Raises:
        ValueError: the message is none of HTTP or a WebSocket.
    """
    if not hasattr(message, "http_session"):
        message.http_session = _http_session_of(message)
    yield
    # One that nothing was stored under has no key: it would be saved under a new one.
    if message.http_session is not None and message.http_session.session_key is not None:
        save_if_modified(message.http_session)


@around_consumer
def _linked_sessions(message: Message) -> Iterator[None]:
    key_name = settings.SESSION_COOKIE_NAME
    http, channel = message.http_session, message.channel_session
    if http is None and key_name in channel:
        message.http_session = _stored_http_session(channel[key_name])
    elif http is not None and http.session_key is not None and key_name not in channel:
        channel[key_name] = http.session_key
    yield


def channel_and_http_session(consumer: Consumer) -> Consumer:
    """Gives a consumer both sessions, and the HTTP session on every message of a socket.

    Only the first message of a socket has a cookie, so the channel session remembers its key.
    """
    return http_session(channel_session(_linked_sessions(consumer)))


@around_consumer
def _in_order(message: Message) -> Iterator[None]:
    if hasattr(message, "has_its_turn"):
        yield  # a consumer around this one sees to the order
        return
    order = SocketOrder.of(message)
    if not order.admit(message):
        raise SkipConsumer
    message.has_its_turn = True
    try:
        yield
    except ConsumeLater:
        raise  # it will be back, so its turn is not over
    except BaseException:
        order.finish(message)
        raise
    order.finish(message)


def enforce_ordering(func: Any = None, slight: bool = False) -> Any:
    """Makes the messages of a socket run in their order, one at a time, on whichever workers.

    Every consumer of the socket needs it: connect, receive and disconnect. A message that
    comes early waits for its turn. A consumer that raises has had its turn. Where a message
    was lost, its successors cannot run: the socket is closed with code 1013, and only its
    disconnect consumer still runs. Gives `message.channel_session` besides.

    Arguments:
        func: the consumer; without it, a decorator is returned.
        slight: of 1.0; must be False.

    Raises:
        ValueError: `slight` is True; or, when the consumer is called, the message has no order.
    """
    if slight:
        raise ValueError("Slight ordering is always on: remove `slight=True`.")
    decorate: Callable[[Any], Any] = _ordered
    return decorate if func is None else decorate(func)


def _ordered(consumer: Consumer) -> Consumer:
    return channel_session(_in_order(consumer))


def _http_session_of(message: Message) -> SessionBase | None:
    if "path" not in message:
        raise ValueError(
            f"http_session needs a message with path and headers, such as http.request or"
            f" websocket.connect; the message on {message.channel.name!r} has neither."
        )
    # Without the body, which is for the consumer to read.
    content = {**message.content, "body_channel": None}
    request = AsgiRequest(Message(content, message.channel.name, message.channel_layer))
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    if getattr(settings, "CHANNEL_SESSION_KEY_IN_QUERY", True):
        key = request.GET.get("session_key") or key
    return _stored_http_session(key) if key else None


def _stored_http_session(key: str) -> SessionBase:
    session: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(session_key=key)
    session.keys()  # loads it here, for a coroutine function could not
    return session
