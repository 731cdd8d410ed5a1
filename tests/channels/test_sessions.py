"""Tests of channels.sessions: decorators that give consumers sessions."""

import asyncio

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.backends.file import SessionStore
from django.contrib.sessions.models import Session

from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.sessions import (
    channel_and_http_session,
    channel_session,
    enforce_ordering,
    http_session,
    session_for_reply_channel,
)

REPLY = "websocket.send!abc"

# Around coroutine functions, database connections that are too old are closed.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sessions(settings, file_sessions):
    settings.CHANNEL_SESSION_KEY_IN_QUERY = True


@pytest.fixture
def browser_session() -> SessionStore:
    """The session of a browser, as a view would have made it."""
    session = SessionStore()
    session["species"] = "horse"
    session.save()
    return session


def make_message(channel: str = "websocket.receive", **content) -> Message:
    content = {"reply_channel": REPLY, "path": "/", **content}
    return Message(content, channel, InMemoryChannelLayer())


def cookies_of(session: SessionStore) -> list:
    return [[b"cookie", f"sessionid={session.session_key}".encode()]]


class TestChannelSession:
    def test_all_messages_of_a_connection_share_it(self):
        @channel_session
        def count(message):
            message.channel_session["count"] = message.channel_session.get("count", 0) + 1
            return message.channel_session["count"]

        assert [count(make_message()) for _ in range(3)] == [1, 2, 3]
        assert count(make_message(reply_channel="websocket.send!other")) == 1

    def test_it_is_saved_after_a_consumer_that_raised(self):
        @channel_session
        def fail(message):
            message.channel_session["tried"] = True
            raise LookupError

        with pytest.raises(LookupError):
            fail(make_message())
        assert session_for_reply_channel(REPLY)["tried"] is True

    def test_decorating_twice_gives_the_same_session(self):
        sessions = []

        @channel_session
        @channel_session
        def consumer(message):
            message.channel_session["seen"] = True
            sessions.append(message.channel_session)

        message = make_message()
        consumer(message)
        assert sessions == [message.channel_session]
        assert session_for_reply_channel(REPLY)["seen"] is True

    def test_nothing_is_stored_for_a_consumer_that_stores_nothing(self, file_sessions):
        @channel_session
        def consumer(message):
            return message.channel_session.get("room")

        assert consumer(make_message()) is None
        assert list(file_sessions.iterdir()) == []

    def test_a_message_without_reply_channel_is_an_error(self):
        @channel_session
        def consumer(message):
            """Never runs."""

        with pytest.raises(ValueError, match=r"reply_channel.*'websocket\.receive'"):
            consumer(make_message(reply_channel=None))

    def test_a_coroutine_function_has_it_too(self):
        @channel_session
        async def consumer(message):
            message.channel_session["seen"] = True

        asyncio.run(consumer(make_message()))
        assert session_for_reply_channel(REPLY)["seen"] is True

    def test_sessions_in_cookies_are_refused(self, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

        @channel_session
        def consumer(message):
            """Never runs."""

        with pytest.raises(ValueError, match="cookie"):
            consumer(make_message())


class TestHttpSession:
    def test_it_is_found_by_the_cookie_and_saved(self, browser_session):
        @http_session
        def consumer(message):
            assert message.http_session["species"] == "horse"
            message.http_session["species"] = "zebra"

        consumer(make_message("websocket.connect", headers=cookies_of(browser_session)))
        assert SessionStore(browser_session.session_key)["species"] == "zebra"

    @pytest.mark.parametrize("headers", [[], [[b"cookie", b"other=1"]]])
    def test_without_a_cookie_it_is_none(self, headers):
        @http_session
        def consumer(message):
            return message.http_session

        assert consumer(make_message("websocket.connect", headers=headers)) is None

    @pytest.mark.parametrize("allowed", [True, False])
    def test_it_is_found_by_the_query_string_unless_that_is_switched_off(
        self, browser_session, settings, allowed
    ):
        settings.CHANNEL_SESSION_KEY_IN_QUERY = allowed

        @http_session
        def consumer(message):
            return message.http_session is not None and message.http_session["species"]

        query_string = f"session_key={browser_session.session_key}".encode()
        assert consumer(make_message(query_string=query_string)) == (allowed and "horse")

    def test_the_query_string_is_looked_at_unless_a_project_says_otherwise(
        self, browser_session, settings
    ):
        del settings.CHANNEL_SESSION_KEY_IN_QUERY

        @http_session
        def consumer(message):
            return message.http_session["species"]

        query_string = f"session_key={browser_session.session_key}".encode()
        assert consumer(make_message(query_string=query_string)) == "horse"

    def test_the_query_string_counts_before_the_cookie(self, browser_session):
        @http_session
        def consumer(message):
            return message.http_session["species"]

        other = SessionStore()
        other["species"] = "zebra"
        other.save()
        content = {
            "query_string": f"session_key={other.session_key}".encode(),
            "headers": cookies_of(browser_session),
        }
        assert consumer(make_message(**content)) == "zebra"
        content["query_string"] = b"session_key="
        assert consumer(make_message(**content)) == "horse"

    def test_it_is_not_saved_after_a_consumer_that_raised(self, browser_session):
        @http_session
        def consumer(message):
            message.http_session["species"] = "zebra"
            raise LookupError

        with pytest.raises(LookupError):
            consumer(make_message(headers=cookies_of(browser_session)))
        assert SessionStore(browser_session.session_key)["species"] == "horse"

    def test_a_coroutine_function_finds_it_loaded(self, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
        session = DatabaseStore()
        session["species"] = "horse"
        session.save()

        @http_session
        async def consumer(message):
            return message.http_session["species"]

        message = make_message("websocket.connect", headers=cookies_of(session))
        assert async_to_sync(consumer)(message) == "horse"

    @pytest.mark.parametrize("decorator", [http_session, channel_and_http_session])
    def test_no_session_begins_here(self, decorator, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"

        @decorator
        def consumer(message):
            message.http_session["species"] = "horse"

        consumer(make_message(headers=[[b"cookie", b"sessionid=" + b"k" * 32]]))
        assert not Session.objects.exists()

    def test_one_that_a_consumer_ended_does_not_begin_again(self, browser_session, file_sessions):
        @http_session
        def consumer(message):
            message.http_session.flush()

        consumer(make_message(headers=cookies_of(browser_session)))
        assert list(file_sessions.iterdir()) == []

    def test_the_body_of_a_request_is_left_for_the_consumer(self):
        layer = InMemoryChannelLayer()
        layer.send("http.request.body?abc", {"content": b"body"})

        @http_session
        def consumer(message):
            return message.channel_layer.receive(["http.request.body?abc"])

        content = {"path": "/", "body_channel": "http.request.body?abc"}
        assert consumer(Message(content, "http.request", layer))[1] == {"content": b"body"}

    def test_the_message_stays_as_it_was(self, browser_session):
        @http_session
        def consumer(message):
            return dict(message.content)

        message = make_message(headers=cookies_of(browser_session))
        before = dict(message.content)
        assert consumer(message) == before

    def test_a_message_of_another_kind_is_an_error(self):
        @http_session
        def consumer(message):
            """Never runs."""

        with pytest.raises(ValueError, match=r"'udp\.receive'"):
            consumer(Message({"data": b""}, "udp.receive", InMemoryChannelLayer()))


class TestBothSessions:
    def test_the_http_session_is_there_on_later_messages(self, browser_session):
        @channel_and_http_session
        def consumer(message):
            return message.http_session and message.http_session["species"]

        connect = make_message("websocket.connect", headers=cookies_of(browser_session))
        assert consumer(connect) == "horse"
        assert connect.channel_session["sessionid"] == browser_session.session_key
        assert consumer(make_message()) == "horse"
        assert consumer(make_message(reply_channel="websocket.send!other")) is None

    def test_changes_on_later_messages_are_saved(self, browser_session):
        @channel_and_http_session
        def consumer(message):
            message.http_session["species"] = message.channel.name

        consumer(make_message("websocket.connect", headers=cookies_of(browser_session)))
        consumer(make_message("websocket.receive"))
        assert SessionStore(browser_session.session_key)["species"] == "websocket.receive"


class TestEnforceOrdering:
    @pytest.mark.parametrize("decorator", [enforce_ordering, enforce_ordering()])
    def test_messages_in_order_run_and_have_a_channel_session(self, decorator):
        orders = []

        @decorator
        def consumer(message, room):
            message.channel_session[room] = message["order"]
            orders.append(message["order"])

        for order in range(3):
            consumer(make_message(order=order), room="lobby")
        assert orders == [0, 1, 2]
        assert session_for_reply_channel(REPLY)["lobby"] == 2

    def test_coroutine_functions_are_ordered_too(self):
        orders = []

        @enforce_ordering
        async def consumer(message):
            orders.append(message["order"])

        for order in [0, 2, 1]:
            asyncio.run(consumer(make_message(order=order)))
        assert orders == [0, 1]

    def test_slight_ordering_is_an_error(self):
        with pytest.raises(ValueError, match="slight=True"):
            enforce_ordering(slight=True)

    def test_a_message_without_order_is_an_error(self):
        @enforce_ordering
        def consumer(message):
            """Never runs."""

        with pytest.raises(ValueError, match="order"):
            consumer(make_message())
