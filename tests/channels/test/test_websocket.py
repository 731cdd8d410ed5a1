"""The WebSocket client."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.http import parse_cookie

from channels.auth import channel_session_user, channel_session_user_from_http
from channels.routing import route
from channels.sessions import channel_and_http_session, session_for_reply_channel
from channels.test import ChannelTestCase, WSClient, apply_routes


def echo(message):
    message.reply_channel.send({"text": message["text"]})


class TestMessages(ChannelTestCase):
    def next(self, channel="websocket.receive"):
        return self.get_next_message(channel, require=True)

    def test_a_text_is_sent_as_it_is_and_anything_else_as_json(self):
        client = WSClient()
        client.send("websocket.receive", text="hi")
        client.send("websocket.receive", text={"a": [1]})
        client.send("websocket.receive", {"text": "not this"}, text="")
        assert [self.next()["text"] for _ in range(3)] == ["hi", '{"a": [1]}', ""]

    def test_headers_and_query_string_are_bytes_as_interface_servers_send_them(self):
        client = WSClient()
        client.set_header("origin", "http://example.org")
        client.set_header("x-raw", b"\xff")
        client.send("websocket.connect", path="/room/?a=1&b=2")
        message = self.next("websocket.connect")
        assert (message["path"], message["query_string"]) == ("/room/", b"a=1&b=2")
        headers = dict(message["headers"])
        assert (headers[b"origin"], headers[b"x-raw"]) == (b"http://example.org", b"\xff")

    def test_headers_of_the_content_are_left_alone(self):
        client = WSClient()
        client.send("websocket.connect", {"headers": [[b"host", b"example.org"]]})
        assert self.next("websocket.connect")["headers"] == [[b"host", b"example.org"]]

    def test_a_query_string_counts_when_connecting_only(self):
        client = WSClient()
        client.send("websocket.receive", text="x", path="/room/?a=1")
        message = self.next()
        assert message["path"] == "/room/"
        assert "query_string" not in message

    def test_the_content_has_the_last_word_on_the_path(self):
        client = WSClient()
        client.send("websocket.receive", {"path": "/a"}, text="x", path="/b")
        assert self.next()["path"] == "/a"

    def test_ordered_messages_are_numbered_from_0(self):
        client = WSClient(ordered=True)
        client.send("websocket.connect")
        client.send("websocket.receive", text="x")
        assert self.next("websocket.connect")["order"] == 0
        assert self.next()["order"] == 1
        with pytest.raises(ValueError, match='Do not use "order" manually'):
            client.send("websocket.receive", {"order": 7})

    def test_replies_are_decoded_unless_asked_not_to(self):
        client = WSClient()
        with apply_routes(route("websocket.receive", echo)):
            client.send_and_consume("websocket.receive", text={"a": 1})
            client.send_and_consume("websocket.receive", text={"a": 1})
        assert client.receive() == {"a": 1}
        assert client.receive(json=False) == '{"a": 1}'
        assert client.receive() is None

    def test_a_reply_without_text_is_returned_whole(self):
        client = WSClient()
        client.join_group("g")
        client.channel_layer.send(client.reply_channel, {"close": 4000})
        assert client.receive() == {"close": 4000}


class TestConnecting(ChannelTestCase):
    def test_the_acceptance_is_taken_off(self):
        client = WSClient()
        accept = route("websocket.connect", lambda m: m.reply_channel.send({"accept": True}))
        with apply_routes(accept):
            client.send_and_consume("websocket.connect")
        assert client.receive() is None

    def test_the_acceptance_can_be_left(self):
        client = WSClient()
        accept = route("websocket.connect", lambda m: m.reply_channel.send({"accept": True}))
        with apply_routes(accept):
            client.send_and_consume("websocket.connect", check_accept=False)
        assert client.receive() == {"accept": True}

    def test_a_refusal_is_an_error_that_says_what_came_instead(self):
        refuse = route("websocket.connect", lambda m: m.reply_channel.send({"close": 4003}))
        with apply_routes(refuse), pytest.raises(AssertionError, match="rejected: {'close': 4003}"):
            WSClient().send_and_consume("websocket.connect")


class TestCookies(ChannelTestCase):
    def test_cookies_travel_encoded(self):
        client = WSClient()
        client.set_cookie("plain", "a")
        client.set_cookie("odd", "a;b")
        client.send("websocket.connect")
        headers = dict(map(tuple, self.get_next_message("websocket.connect")["headers"]))
        cookies = parse_cookie(headers[b"cookie"].decode("ascii"))
        session_key = cookies.pop("sessionid")
        assert cookies == {"plain": "a", "odd": "a;b"}
        assert session_key == client.session.session_key

    def test_the_session_cookie_travels_with_the_first_message_only(self):
        client = WSClient()
        client.send("websocket.connect")
        assert "sessionid" not in client.get_cookies()

    def test_cookies_are_no_headers(self):
        with pytest.raises(ValueError, match="Use set_cookie"):
            WSClient().set_header("cookie", "a=b")

    def test_sessions_need_their_app(self):
        with self.modify_settings(INSTALLED_APPS={"remove": "django.contrib.sessions"}):
            client = WSClient()
            client.send("websocket.connect")
            with pytest.raises(ImproperlyConfigured, match=r"Add django.contrib.sessions"):
                client.session  # noqa: B018


class TestUsers(ChannelTestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_user("lin", password="secret")
        connect = channel_session_user_from_http(
            lambda message: message.reply_channel.send({"accept": True})
        )
        receive = channel_session_user(
            lambda message: message.reply_channel.send({"text": message.user.get_username()})
        )
        routes = apply_routes(
            [route("websocket.connect", connect), route("websocket.receive", receive)]
        )
        routes.enter()
        self.addCleanup(routes.exit)

    def name_of(self, client):
        client.send_and_consume("websocket.connect")
        client.send_and_consume("websocket.receive", text="who am I?")
        return client.receive(json=False)

    def test_login_checks_the_credentials(self):
        client = WSClient()
        assert client.login(username="lin", password="wrong") is False
        assert client.login(username="lin", password="secret") is True
        assert self.name_of(client) == "lin"

    def test_nobody_inactive_can_log_in(self):
        self.user.is_active = False
        self.user.save()
        assert WSClient().login(username="lin", password="secret") is False

    def test_force_login_asks_for_nothing(self):
        client = WSClient()
        client.force_login(self.user)
        assert self.name_of(client) == "lin"

    def test_force_login_takes_a_backend(self):
        client = WSClient()
        client.force_login(self.user, "django.contrib.auth.backends.ModelBackend")
        assert client.session["_auth_user_backend"].endswith("ModelBackend")

    def test_a_login_keeps_what_the_session_holds(self):
        client = WSClient()
        client.session["theme"] = "dark"
        client.force_login(self.user)
        assert client.session["theme"] == "dark"
        assert self.name_of(client) == "lin"

    def test_a_login_gives_the_http_session_a_key_of_its_own(self):
        client = WSClient()
        client.force_login(self.user)
        key = session_for_reply_channel(client.reply_channel).session_key
        assert client.session.session_key != key

    def test_without_a_login_there_is_no_name(self):
        assert self.name_of(WSClient()) == ""

    def test_the_session_is_the_one_the_consumer_sees(self):
        def read(message):
            message.reply_channel.send({"text": message.http_session["theme"]})

        client = WSClient()
        client.session["theme"] = "dark"
        client.session.save()
        with apply_routes(route("websocket.connect", channel_and_http_session(read))):
            client.send_and_consume("websocket.connect", check_accept=False)
        assert client.receive(json=False) == "dark"
