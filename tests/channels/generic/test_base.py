"""Consumers with a method for each channel."""

import pytest
from django.contrib.auth import get_user_model

from channels.auth import transfer_user
from channels.exceptions import ConsumeLater
from channels.generic import BaseConsumer
from channels.routing import route_class
from channels.sessions import session_for_reply_channel
from channels.test import ChannelTestCase, Client, WSClient, apply_routes


class Orders(BaseConsumer):
    method_mapping = {"orders.place": "place", "orders.cancel": "cancel"}
    currency = "EUR"

    def place(self, message, **kwargs):
        self.done = ("place", message["what"], kwargs)

    def cancel(self, message, **kwargs):
        raise ConsumeLater


class Counter(BaseConsumer):
    method_mapping = {"count": "count"}
    channel_session = True

    def count(self, message, **kwargs):
        session = message.channel_session
        session["count"] = session.get("count", 0) + 1
        message.reply_channel.send({"count": session["count"]})


class Greeter(BaseConsumer):
    method_mapping = {"greet": "greet"}
    channel_session_user = True

    def greet(self, message, **kwargs):
        message.reply_channel.send({"text": message.user.username or "anonymous"})


class TestBaseConsumer(ChannelTestCase):
    def test_it_listens_on_the_channels_of_its_mapping(self):
        assert Orders.channel_names() == {"orders.place", "orders.cancel"}

    def test_the_method_of_the_channel_runs_with_the_groups_of_the_filters(self):
        with apply_routes([route_class(Orders, what=r"(?P<kind>\w+)-\d+")]):
            consumer = Client().send_and_consume("orders.place", {"what": "book-7"})
        assert consumer.done == ("place", "book-7", {"kind": "book"})

    def test_the_message_and_the_groups_are_attributes(self):
        with apply_routes([route_class(Orders, what=r"(?P<kind>\w+)-\d+")]):
            consumer = Client().send_and_consume("orders.place", {"what": "book-7"})
        assert consumer.message["what"] == "book-7"
        assert consumer.kwargs == {"kind": "book"}

    def test_what_a_method_raises_reaches_the_caller(self):
        with apply_routes([Orders.as_route()]), pytest.raises(ConsumeLater):
            Client().send_and_consume("orders.cancel")

    def test_channel_session_keeps_values_between_the_messages_of_a_client(self):
        with apply_routes([Counter.as_route()]):
            client, other = Client(), Client()
            for _ in range(3):
                client.send_and_consume("count")
            other.send_and_consume("count")
        assert [client.receive()["count"] for _ in range(3)] == [1, 2, 3]
        assert other.receive() == {"count": 1}

    def test_channel_session_user_is_the_user_of_the_session(self):
        client = WSClient()
        client.force_login(get_user_model().objects.create_user("lin"))
        session = session_for_reply_channel(client.reply_channel)
        transfer_user(client.session, session)
        session.save()
        with apply_routes([Greeter.as_route()]):
            client.send_and_consume("greet")
            assert client.receive(json=False) == "lin"

    def test_channel_session_user_is_anonymous_without_a_login(self):
        client = WSClient()
        with apply_routes([Greeter.as_route()]):
            client.send_and_consume("greet")
            assert client.receive(json=False) == "anonymous"


class TestAsRoute:
    def test_without_attributes_the_class_itself_is_the_consumer(self):
        assert Orders.as_route().consumer is Orders

    def test_attributes_are_set_for_that_route_only(self):
        route = Orders.as_route({"currency": "SEK"}, what="x")
        assert route.consumer.currency == "SEK"
        assert Orders.currency == "EUR"
        assert issubclass(route.consumer, Orders)

    def test_the_class_of_a_route_is_named_like_the_one_it_comes_from(self):
        consumer = Orders.as_route({"currency": "SEK"}).consumer
        assert consumer.__name__ == "Orders"
        assert consumer.__module__ == Orders.__module__

    def test_filters_become_those_of_the_route(self):
        route = Orders.as_route(what=r"^book")
        assert route.filters["what"].pattern == r"^book"

    def test_attributes_that_are_no_mapping_are_refused(self):
        with pytest.raises(TypeError, match=r"attrs must be a dict.*\['currency'\]"):
            Orders.as_route(["currency"])
