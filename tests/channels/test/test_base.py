"""The test cases, the client and apply_routes."""

import re
import unittest

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group as AuthGroup
from django.core.exceptions import ImproperlyConfigured

from channels.asgi import channel_layers
from channels.channel import Channel, Group
from channels.exceptions import ChannelSocketException, ConsumeLater, DenyConnection
from channels.layers.exceptions import ChannelFull
from channels.layers.memory import InMemoryChannelLayer
from channels.routing import route
from channels.signals import consumer_finished, consumer_started
from channels.test import ChannelTestCase, Client, TransactionChannelTestCase, apply_routes
from channels.test.base import captive_layers


def square(message, **kwargs):
    Channel("result").send({"value": message["value"] ** 2})
    message.reply_channel.send({"done": kwargs})
    return "returned"


async def cube(message):
    message.reply_channel.send({"value": message["value"] ** 3})


class TestChannelTestCase(ChannelTestCase):
    def test_the_layer_is_in_memory_and_empty(self):
        layer = channel_layers["default"]
        assert isinstance(layer.channel_layer, InMemoryChannelLayer)
        assert layer.local_only()
        assert self.get_next_message("leftover") is None
        Channel("leftover").send({})
        Group("leftover").add("somebody")

    # The same again: whichever of the two runs second finds nothing of the first.
    test_the_layer_is_in_memory_and_empty_again = test_the_layer_is_in_memory_and_empty

    def test_the_routing_is_that_of_the_settings(self):
        assert "websocket.connect" in channel_layers["default"].router.channels

    def test_get_next_message_returns_messages_in_order(self):
        Channel("work").send({"n": 1})
        Channel("work").send({"n": 2})
        message = self.get_next_message("work", require=True)
        assert (message["n"], message.channel.name) == (1, "work")
        assert self.get_next_message("work")["n"] == 2

    def test_a_message_that_is_required_and_missing_fails_the_test(self):
        with pytest.raises(AssertionError, match="Expected a message on channel work, got none"):
            self.get_next_message("work", require=True)

    def test_a_channel_nobody_reads_is_soon_full(self):
        for _ in range(10):
            Channel("work").send({})
        with pytest.raises(channel_layers["default"].ChannelFull):
            Channel("work").send({})


class TestTransactionChannelTestCase(TransactionChannelTestCase):
    def test_it_has_a_layer_of_its_own_too(self):
        Channel("work").send({"n": 1})
        assert self.get_next_message("work", require=True)["n"] == 1


class TestClient(ChannelTestCase):
    def test_what_it_sends_carries_its_reply_channel(self):
        client = Client()
        client.send("work", {"n": 1})
        assert self.get_next_message("work").content == {
            "n": 1,
            "reply_channel": client.reply_channel,
        }

    def test_clients_have_different_reply_channels(self):
        assert Client().reply_channel != Client().reply_channel

    def test_a_message_is_sent_as_it_was(self):
        content = {"list": [1]}
        client = Client()
        client.send("work", content)
        content["list"].append(2)
        assert client.get_next_message("work")["list"] == [1]
        assert content == {"list": [1, 2]}

    def test_consume_runs_the_consumer_and_returns_what_it_returns(self):
        client = Client()
        with apply_routes(route("square", square, kind=r"(?P<k>.)")):
            assert client.send_and_consume("square", {"value": 33, "kind": "x"}) == "returned"
        assert client.receive() == {"done": {"k": "x"}}
        assert client.receive() is None
        assert self.get_next_message("result")["value"] == 1089

    def test_consume_runs_coroutine_functions(self):
        client = Client()
        with apply_routes(route("cube", cube)):
            client.send_and_consume("cube", {"value": 3})
        assert client.receive() == {"value": 27}

    def test_what_a_consumer_sends_leaves_when_it_returns(self):
        seen = []

        def consumer(message):
            Channel("result").send({})
            seen.append(self.get_next_message("result"))

        with apply_routes(route("work", consumer)):
            Client().send_and_consume("work")
        assert seen == [None]
        assert self.get_next_message("result") is not None

    def test_what_a_consumer_sent_leaves_even_if_it_raises(self):
        def consumer(message):
            Channel("result").send({})
            raise KeyError

        with apply_routes(route("work", consumer)), pytest.raises(KeyError):
            Client().send_and_consume("work")
        assert self.get_next_message("result") is not None

    def test_more_than_a_channel_holds_fails_the_test(self):
        def consumer(message):
            for n in range(12):
                message.reply_channel.send({"n": n})
            Channel("result").send({})

        client = Client()
        with apply_routes(route("work", consumer)):
            with pytest.raises(ChannelFull, match="holds 10 unread messages"):
                client.send_and_consume("work")
        assert client.receive() == {"n": 0}
        assert self.get_next_message("result") is not None

    def test_exceptions_that_steer_a_worker_reach_the_test(self):
        for exception in [ConsumeLater, DenyConnection]:

            def consumer(message, exception=exception):
                raise exception

            with apply_routes(route("work", consumer)), pytest.raises(exception):
                Client().send_and_consume("work")

    def test_a_socket_exception_is_run(self):
        class Reply(ChannelSocketException):
            def run(self, message):
                message.reply_channel.send({"text": "sorry"})

        def consumer(message):
            message.reply_channel.send({"text": "wait"})
            raise Reply

        client = Client()
        with apply_routes(route("work", consumer)):
            assert client.send_and_consume("work") is None
        assert [client.receive(), client.receive()] == [{"text": "wait"}, {"text": "sorry"}]

    def test_signals_are_sent_around_the_consumer(self):
        seen = []

        def note(signal, **kwargs):
            seen.append(signal)

        for signal in [consumer_started, consumer_finished]:
            signal.connect(note)
            self.addCleanup(signal.disconnect, note)
        with apply_routes(route("work", lambda message: seen.append("consumer"))):
            Client().send_and_consume("work")
        assert seen == [consumer_started, "consumer", consumer_finished]

    def test_the_database_is_the_one_of_the_test(self):
        group = AuthGroup.objects.create(name="a group of this test")
        found = []

        def consumer(message):
            found.append(AuthGroup.objects.get(pk=group.pk))

        with apply_routes(route("work", consumer)):
            Client().send_and_consume("work")
        assert found == [group]
        assert AuthGroup.objects.filter(pk=group.pk).exists()

    def test_no_message_and_no_consumer_are_errors_unless_they_are_expected(self):
        client = Client()
        with apply_routes(route("work", square)):
            with pytest.raises(AssertionError, match="No message for channel work"):
                client.consume("work")
            assert client.consume("work", fail_on_none=False) is None
            with pytest.raises(AssertionError, match="Can't find consumer for message.*other"):
                client.send_and_consume("other")
            assert client.send_and_consume("other", fail_on_none=False) is None

    def test_the_consumer_of_a_channel_can_be_asked_for(self):
        with apply_routes(route("work", square)):
            assert Client().get_consumer_by_channel("work") is square
            assert Client().get_consumer_by_channel("other") is None

    def test_it_can_join_groups(self):
        client = Client()
        client.join_group("g")
        Group("g").send({"n": 1})
        assert client.receive() == {"n": 1}


TWO_LAYERS = {
    alias: {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []}
    for alias in ["default", "other"]
}


def test_captive_layers_come_and_go(settings):
    settings.CHANNEL_LAYERS = TWO_LAYERS
    before = dict(channel_layers.backends)
    with captive_layers(["other"]):
        captive = channel_layers["other"]
        assert captive.alias == "other"
    assert channel_layers.backends == before


class TestApplyRoutes:
    @pytest.fixture(autouse=True)
    def _layers(self, settings):
        settings.CHANNEL_LAYERS = TWO_LAYERS
        with captive_layers(TWO_LAYERS):
            yield

    def consumer(self, channel="work", alias="default"):
        return Client(alias).get_consumer_by_channel(channel)

    def test_as_a_context_manager(self):
        with apply_routes([route("work", square)]):
            assert self.consumer() is square
        assert self.consumer() is None

    def test_nested(self):
        with apply_routes([route("work", square)]):
            with apply_routes([route("work", cube)]):
                assert self.consumer() is cube
            assert self.consumer() is square

    def test_routes_that_were_added_are_there_again_afterwards(self):
        channel_layers["default"].router.add_route(route("work", square))
        with apply_routes([]):
            assert self.consumer() is None
        assert self.consumer() is square

    def test_the_routes_of_the_settings_need_not_be_importable(self):
        channel_layers["default"].routing = "nowhere.routing"
        with apply_routes([route("work", square)]):
            assert self.consumer() is square
        assert channel_layers["default"].routing == "nowhere.routing"
        with pytest.raises(ImproperlyConfigured, match=r"nowhere\.routing"):
            self.consumer()

    def test_it_is_undone_after_an_exception(self):
        with pytest.raises(KeyError), apply_routes([route("work", square)]):
            raise KeyError
        assert self.consumer() is None

    def test_as_a_decorator_of_a_function(self):
        @apply_routes([route("work", square)])
        def decorated(argument):
            return self.consumer(), argument

        assert decorated("x") == (square, "x")
        assert decorated.__name__ == "decorated"
        assert self.consumer() is None

    def test_as_a_decorator_of_a_coroutine_function(self):
        @apply_routes([route("work", square)])
        async def decorated(argument):
            return self.consumer(), argument

        assert async_to_sync(decorated)("x") == (square, "x")
        assert self.consumer() is None

    def test_as_a_decorator_of_a_test_case(self):
        calls = []

        class Case(unittest.TestCase):
            def setUp(case):
                calls.append(("setUp", self.consumer()))

            def test(case):
                calls.append(("test", self.consumer()))

            def tearDown(case):
                calls.append(("tearDown", self.consumer()))

        apply_routes([route("work", square)])(Case)("test").run()
        assert calls == [("setUp", square), ("test", square), ("tearDown", square)]
        assert self.consumer() is None

    def test_it_is_undone_after_a_set_up_that_ends_the_test(self):
        class Skipped(unittest.TestCase):
            def setUp(case):
                assert self.consumer() is square
                case.skipTest("for a reason")

            def test(case):
                raise AssertionError

        result = unittest.TestResult()
        apply_routes([route("work", square)])(Skipped)("test").run(result)
        assert len(result.skipped) == 1
        assert self.consumer() is None

    def test_a_list_of_lists_is_several_routings(self):
        with apply_routes([[route("work", square)], [route("other", cube)]]):
            assert (self.consumer("work"), self.consumer("other")) == (square, cube)

    def test_other_layers_can_be_named(self):
        with apply_routes(route("work", square), aliases=["other"]):
            assert self.consumer(alias="other") is square
            assert self.consumer() is None

    @apply_routes([route("work", square)], aliases=["default"])
    def test_fixtures_of_pytest_reach_a_decorated_function(self, tmp_path):
        assert tmp_path.is_dir()


def test_the_test_names_of_1_1_are_where_they_were():
    with pytest.warns(DeprecationWarning, match=re.escape("import channels.test.")):
        from channels import tests
    assert tests.ChannelTestCase is ChannelTestCase
