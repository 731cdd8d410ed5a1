"""Class-based WebSocket consumers."""

import json

import pytest
from django.contrib.auth import get_user_model

from channels.channel import Channel, Group
from channels.exceptions import (
    SendNotAvailableOnDemultiplexer,
    WebsocketCloseException,
)
from channels.generic.websockets import (
    JsonWebsocketConsumer,
    WebsocketConsumer,
    WebsocketDemultiplexer,
    WebsocketMultiplexer,
)
from channels.test import ChannelTestCase, Client, WSClient, apply_routes


def frames(client):
    """Everything the client has been sent so far."""
    received = []
    while (content := Client.receive(client)) is not None:
        received.append(content)
    return received


class Echo(WebsocketConsumer):
    groups = ["everybody"]

    def connection_groups(self, room=None, **kwargs):
        return [*self.groups, f"room-{room}"] if room else self.groups

    def receive(self, text=None, bytes=None, **kwargs):
        self.send(text=text, bytes=bytes)

    def disconnect(self, message, **kwargs):
        Group("everybody").send({"text": "somebody left"})


class TestWebsocketConsumer(ChannelTestCase):
    def connected(self, consumer, to="/", content=None, **filters):
        routes = apply_routes([consumer.as_route(**filters)])
        routes.enter()
        self.addCleanup(routes.exit)
        client = WSClient()
        client.send_and_consume("websocket.connect", content, path=to)
        return client

    def test_it_accepts_by_default(self):
        with apply_routes([Echo.as_route()]):
            client = Client()
            client.send_and_consume("websocket.connect", {"path": "/"})
        assert client.receive() == {"accept": True}

    def test_text_and_bytes_reach_receive_as_such(self):
        client = self.connected(Echo)
        client.send_and_consume("websocket.receive", text="é")
        client.send_and_consume("websocket.receive", {"bytes": b"\xff\x00"})
        assert frames(client) == [{"text": "é"}, {"bytes": b"\xff\x00"}]

    def test_an_empty_text_is_a_text(self):
        client = self.connected(Echo)
        client.send_and_consume("websocket.receive", {"text": ""})
        assert frames(client) == [{"text": ""}]

    def test_a_socket_is_in_its_groups_until_it_disconnects(self):
        client = self.connected(Echo, "/red/", path=r"^/(?P<room>\w+)/")
        Group("everybody").send({"text": "1"})
        Group("room-red").send({"text": "2"})
        client.send_and_consume("websocket.disconnect", path="/red/")
        Group("room-red").send({"text": "3"})
        assert frames(client) == [{"text": "1"}, {"text": "2"}]

    def test_a_string_for_groups_is_refused_with_the_class_and_the_name(self):
        class Careless(WebsocketConsumer):
            groups = "everybody"

        with apply_routes([Careless.as_route()]):
            with pytest.raises(TypeError, match="groups of Careless must be a list.*'everybody'"):
                WSClient().send_and_consume("websocket.connect")

    def test_a_frame_may_close_the_socket_behind_it(self):
        class Goodbye(WebsocketConsumer):
            def receive(self, text=None, bytes=None, **kwargs):
                self.send(text="bye", close=4001)

        client = self.connected(Goodbye)
        client.send_and_consume("websocket.receive", text="x")
        assert frames(client) == [{"text": "bye", "close": 4001}]

    def test_close_takes_a_status(self):
        class Closing(WebsocketConsumer):
            def receive(self, text=None, bytes=None, **kwargs):
                self.close(status=int(text)) if text else self.close()

        client = self.connected(Closing)
        client.send_and_consume("websocket.receive", text="4000")
        client.send_and_consume("websocket.receive", {"text": ""})
        assert frames(client) == [{"close": 4000}, {"close": True}]

    def test_sending_nothing_or_both_is_refused(self):
        class Wrong(WebsocketConsumer):
            def receive(self, text=None, bytes=None, **kwargs):
                self.send(**({"text": "x", "bytes": b"x"} if text == "both" else {}))

        client = self.connected(Wrong)
        for text in ["both", "nothing"]:
            with pytest.raises(ValueError, match="text or bytes, and not both"):
                client.send_and_consume("websocket.receive", text=text)
        assert frames(client) == []

    def test_group_send_reaches_the_group(self):
        client = self.connected(Echo)
        Echo.group_send("everybody", text="t")
        Echo.group_send("everybody", bytes=b"b", close=True)
        assert frames(client) == [{"text": "t"}, {"bytes": b"b", "close": True}]

    def test_a_close_exception_closes_the_socket(self):
        class Strict(WebsocketConsumer):
            def receive(self, text=None, bytes=None, **kwargs):
                raise WebsocketCloseException(4005)

        client = self.connected(Strict)
        client.send_and_consume("websocket.receive", text="x")
        assert frames(client) == [{"close": 4005}]

    def test_the_path_is_an_attribute(self):
        with apply_routes([Echo.as_route()]):
            consumer = WSClient().send_and_consume("websocket.connect", path="/over/here")
        assert consumer.path == "/over/here"

    def test_slight_ordering_is_refused(self):
        with apply_routes([Echo.as_route({"slight_ordering": True})]):
            with pytest.raises(ValueError, match="remove `slight_ordering = True`"):
                WSClient().send_and_consume("websocket.connect")

    def test_strict_ordering_runs_messages_in_their_order(self):
        class Ordered(WebsocketConsumer):
            strict_ordering = True

            def receive(self, text=None, bytes=None, **kwargs):
                self.send(text=text)

        client = self.connected(Ordered, content={"order": 0})
        client.send("websocket.receive", {"order": 2, "text": "second"})
        client.send("websocket.receive", {"order": 1, "text": "first"})
        for _ in range(3):
            client.consume("websocket.receive", fail_on_none=False)
        assert frames(client) == [{"text": "first"}, {"text": "second"}]


class WhoAmI(WebsocketConsumer):
    def receive(self, text=None, bytes=None, **kwargs):
        user, session = self.message.user, getattr(self.message, "http_session", None)
        self.send(text=f"{user.username} {session.get('theme') if session else '-'}")


class TestUsers(ChannelTestCase):
    def ask(self, **attrs):
        client = WSClient()
        client.force_login(get_user_model().objects.create_user("lin"))
        client.session["theme"] = "dark"
        client.session.save()
        with apply_routes([WhoAmI.as_route(attrs)]):
            client.send_and_consume("websocket.connect")
            client.send_and_consume("websocket.receive", text="?")
        return client.receive(json=False)

    def test_http_user_is_there_on_every_message(self):
        assert self.ask(http_user=True) == "lin -"

    def test_http_user_and_session_are_there_on_every_message(self):
        assert self.ask(http_user_and_session=True) == "lin dark"


class Shout(JsonWebsocketConsumer):
    def receive(self, content, **kwargs):
        self.send({"shout": content["say"].upper()})


class TestJsonWebsocketConsumer(ChannelTestCase):
    def setUp(self):
        self.routes = apply_routes([Shout.as_route()])
        self.routes.enter()
        self.addCleanup(self.routes.exit)
        self.client = WSClient()

    def test_content_is_decoded_and_encoded(self):
        self.client.send_and_consume("websocket.receive", text={"say": "hi"})
        assert self.client.receive() == {"shout": "HI"}

    def test_text_that_is_no_json_is_an_error_for_the_client_and_the_log(self):
        with pytest.raises(ValueError, match="not valid JSON: Expecting value"):
            self.client.send_and_consume("websocket.receive", {"text": "<xml>"})
        assert "not valid JSON" in self.client.receive()["error"]

    def test_text_that_is_nested_too_deep_is_an_error_for_the_client_and_the_log(self):
        with pytest.raises(ValueError, match="not valid JSON"):
            self.client.send_and_consume("websocket.receive", {"text": "[" * 100_000})
        assert "not valid JSON" in self.client.receive()["error"]

    def test_bytes_are_an_error_for_the_client_and_the_log(self):
        with pytest.raises(ValueError, match="No text section"):
            self.client.send_and_consume("websocket.receive", {"bytes": b"{}"})
        assert "No text section" in self.client.receive()["error"]

    def test_group_send_encodes(self):
        self.client.join_group("g")
        Shout.group_send("g", {"a": [1]}, close=True)
        assert Client.receive(self.client) == {"text": '{"a": [1]}', "close": True}

    def test_a_class_may_have_its_own_json(self):
        class Upper(Shout):
            @classmethod
            def decode_json(cls, text):
                return {"say": json.loads(text)}

            @classmethod
            def encode_json(cls, content):
                return json.dumps(content["shout"])

        with apply_routes([Upper.as_route()]):
            self.client.send_and_consume("websocket.receive", {"text": '"ho"'})
        assert self.client.receive() == "HO"


class Ticker(JsonWebsocketConsumer):
    def connect(self, message, multiplexer=None, **kwargs):
        multiplexer.send({"hello": kwargs})

    def receive(self, content, multiplexer=None, **kwargs):
        multiplexer.send({"got": content})

    def disconnect(self, message, multiplexer=None, **kwargs):
        Channel("left").send({"stream": multiplexer.stream})


class Direct(JsonWebsocketConsumer):
    def connect(self, message, **kwargs):
        pass

    def receive(self, content, **kwargs):
        self.send(content)


def plain_function(message, multiplexer, **kwargs):
    if message.channel.name == "websocket.receive":
        multiplexer.send({"text": message["text"]})


class Demultiplexer(WebsocketDemultiplexer):
    consumers = {"ticker": Ticker, "direct": Direct, "plain": plain_function}


class TestWebsocketDemultiplexer(ChannelTestCase):
    def setUp(self):
        self.routes = apply_routes(
            [Demultiplexer.as_route(path=r"^/(?P<room>\w+)"), Direct.as_route(path="^$")]
        )
        self.routes.enter()
        self.addCleanup(self.routes.exit)
        self.client = WSClient()

    def say(self, frame):
        self.client.send_and_consume("websocket.receive", text=frame, path="/red")

    def test_every_consumer_sees_the_socket_connect(self):
        self.client.send_and_consume("websocket.connect", path="/red")
        assert self.client.receive() == {"stream": "ticker", "payload": {"hello": {"room": "red"}}}

    def test_a_payload_reaches_the_consumer_of_its_stream_only(self):
        self.say({"stream": "ticker", "payload": {"n": 1}})
        assert self.client.receive() == {"stream": "ticker", "payload": {"got": {"n": 1}}}
        assert self.client.receive() is None

    def test_a_function_can_be_a_consumer(self):
        self.say({"stream": "plain", "payload": {"n": 1}})
        assert self.client.receive() == {"stream": "plain", "payload": {"text": '{"n": 1}'}}

    def test_every_consumer_sees_the_socket_disconnect(self):
        self.client.send_and_consume("websocket.disconnect", path="/red")
        assert self.get_next_message("left", require=True).content == {"stream": "ticker"}

    def test_every_consumer_sees_the_socket_disconnect_though_another_raises(self):
        class Fails(JsonWebsocketConsumer):
            def disconnect(self, message, **kwargs):
                raise KeyError("fails")

        class Failing(WebsocketDemultiplexer):
            consumers = {"first": Fails, "ticker": Ticker, "last": Fails}

        with apply_routes(Failing.as_route()), pytest.raises(KeyError, match="fails"):
            self.client.send_and_consume("websocket.disconnect", path="/red")
        assert self.get_next_message("left", require=True).content == {"stream": "ticker"}

    def test_send_of_a_consumer_is_refused_because_it_would_lack_the_stream(self):
        with pytest.raises(SendNotAvailableOnDemultiplexer, match="Direct shares its socket"):
            self.say({"stream": "direct", "payload": {}})

    def test_a_consumer_that_was_multiplexed_can_still_send_on_a_socket_of_its_own(self):
        with pytest.raises(SendNotAvailableOnDemultiplexer):
            self.say({"stream": "direct", "payload": {}})
        self.client.send_and_consume("websocket.receive", text={"n": 1}, path="")
        assert self.client.receive() == {"n": 1}

    def test_send_and_group_send_of_the_demultiplexer_are_refused(self):
        with pytest.raises(SendNotAvailableOnDemultiplexer):
            Demultiplexer.group_send("g", "ticker", {})
        consumer = self.client.send_and_consume("websocket.connect", path="/red")
        with pytest.raises(SendNotAvailableOnDemultiplexer):
            consumer.send({})

    def test_an_unknown_stream_is_an_error_that_names_it_and_those_there_are(self):
        with pytest.raises(ValueError, match="'nope' is not mapped; there are ticker"):
            self.say({"stream": "nope", "payload": {}})
        assert "'nope' is not mapped" in self.client.receive()["error"]

    def test_frames_of_another_shape_are_errors_for_the_client_and_the_log(self):
        for frame in ["[]", "{}", '{"stream": "ticker"}', '{"payload": {}}', "null", "7"]:
            with pytest.raises(ValueError, match='must be {"stream": name'):
                self.say(frame)
            assert 'must be {"stream"' in self.client.receive()["error"]

    def test_a_stream_that_cannot_be_a_name_is_an_unknown_stream(self):
        with pytest.raises(ValueError, match="is not mapped"):
            self.say({"stream": ["ticker"], "payload": {}})

    def test_a_payload_that_is_no_object_is_an_error(self):
        with pytest.raises(ValueError, match="payload for stream 'ticker' must be an object"):
            self.say({"stream": "ticker", "payload": "text"})
        assert "must be an object" in self.client.receive()["error"]

    def test_the_message_is_whole_again_after_the_consumer(self):
        frame = {"stream": "ticker", "payload": {"n": 1}}
        consumer = self.client.send_and_consume("websocket.receive", text=frame, path="/red")
        assert json.loads(consumer.message["text"]) == frame


class TestWebsocketMultiplexer(ChannelTestCase):
    def test_group_send_names_the_stream(self):
        client = Client()
        client.join_group("g")
        WebsocketMultiplexer.group_send("g", "ticker", {"n": 1}, close=True)
        message = client.receive()
        assert json.loads(message["text"]) == {"stream": "ticker", "payload": {"n": 1}}
        assert message["close"] is True

    def test_a_demultiplexer_may_have_another_multiplexer(self):
        class Quiet(WebsocketMultiplexer):
            @classmethod
            def encode_json(cls, content):
                return json.dumps([content["stream"], content["payload"]])

        class Other(WebsocketDemultiplexer):
            multiplexer_class = Quiet
            consumers = {"ticker": Ticker}

        client = WSClient()
        with apply_routes([Other.as_route()]):
            client.send_and_consume("websocket.receive", text={"stream": "ticker", "payload": {}})
        assert client.receive() == ["ticker", {"got": {}}]
