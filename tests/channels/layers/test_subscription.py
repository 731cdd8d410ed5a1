"""The contract between a worker and a layer, the same for every kind of layer."""

import threading

import pytest

from channels.layers.base import BaseChannelLayer
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("short_waits")


@pytest.fixture
def subscribe(layer):
    """Opens subscriptions, as worker processes do, and closes them after the test."""
    opened = []

    def subscribe(*channels):
        opened.append(layer.subscribe(channels))
        return opened[-1]

    yield subscribe
    for subscription in opened:
        subscription.close()


def read(subscription, count: int, limit: int = 10) -> list:
    """Returns deliveries, settled."""
    found: list = []

    def turn() -> bool:
        found.extend(subscription.turn([], [], min(limit, count - len(found)))[1])
        return len(found) >= count

    wait_until(turn, f"{count} messages")
    subscription.settle([], found)
    return found


class TestTurn:
    def test_it_reads_what_was_sent_in_order(self, layer, subscribe):
        for number in range(5):
            layer.send("test", {"number": number})
        deliveries = read(subscribe("test"), 5)
        assert [delivery.message["number"] for delivery in deliveries] == list(range(5))
        assert {delivery.channel for delivery in deliveries} == {"test"}

    def test_it_reads_no_more_than_was_asked_for(self, layer, subscribe):
        for _ in range(5):
            layer.send("test", {})
        assert len(subscribe("test").turn([], [], 2)[1]) <= 2

    def test_it_reads_all_channels_and_no_other(self, layer, subscribe):
        names = ["one", "two", "three", "four"]
        for name in [*names, "other"]:
            layer.send(name, {})
        deliveries = read(subscribe(*names), 4)
        assert sorted(delivery.channel for delivery in deliveries) == sorted(names)
        assert layer.receive(["other"]) == ("other", {})

    def test_it_waits_for_a_first_message(self, layer, subscribe):
        subscription = subscribe("one", "two", "three")
        timer = threading.Timer(0.02, layer.send, ["two", {"value": 1}])
        timer.start()
        [delivery] = read(subscription, 1)
        timer.join()
        assert (delivery.channel, delivery.message) == ("two", {"value": 1})

    def test_it_returns_without_a_message_too(self, subscribe):
        subscription = subscribe("test")
        assert subscription.turn([], [], 1) == ([], [])
        assert subscription.turn([], [], 1, block=False) == ([], [])

    def test_it_sends_first(self, layer, subscribe):
        subscription = subscribe("test")
        outgoing = [Outgoing.to_channel("test", {"value": 1}), Outgoing.to_channel("out", {})]
        refusals, deliveries = subscription.turn(outgoing, [], 1)
        deliveries = deliveries or read(subscription, 1)
        assert refusals == []
        assert deliveries[0].message == {"value": 1}
        assert layer.receive(["out"]) == ("out", {})
        subscription.settle([], deliveries)

    def test_it_sends_to_groups_whatever_their_members_are(self, layer, subscribe):
        for name in ("worker.channel", "single?reader", "process!a"):
            layer.group_add("friends", name)
        subscribe("test").turn([Outgoing.to_group("friends", {"value": 1})], [], 1)
        for name in ("worker.channel", "single?reader", "process!"):
            assert layer.receive([name])[1] == {"value": 1}

    def test_it_says_what_was_refused(self, layer, subscribe):
        for _ in range(100):
            layer.send("full", {})
        item = Outgoing.to_channel("full", {"value": 1})
        refusals, _ = subscribe("test").turn([item], [], 1)
        assert [refusal.outgoing for refusal in refusals] == [item]
        assert isinstance(refusals[0].error, layer.ChannelFull)

    def test_messages_that_are_being_worked_on_take_no_room(self, make_layer):
        layer = make_layer(capacity=3)
        subscription = layer.subscribe(["test"])
        for _ in range(3):
            layer.send("test", {})
        busy: list = []
        wait_until(lambda: len(busy) == 3 or busy.extend(subscription.turn([], [], 1)[1]), "three")
        layer.send("test", {})
        subscription.settle([], busy)
        subscription.close()


class TestSettleAndRelease:
    def test_what_is_settled_comes_no_more(self, layer, subscribe):
        layer.send("test", {})
        read(subscribe("test"), 1)
        assert subscribe("test").turn([], [], 1) == ([], [])

    def test_settling_sends_too(self, layer, subscribe):
        assert subscribe("test").settle([Outgoing.to_channel("out", {"value": 1})], []) == []
        assert layer.receive(["out"]) == ("out", {"value": 1})

    def test_what_is_being_worked_on_goes_to_nobody_else(self, layer, subscribe):
        layer.send("test", {})
        busy = subscribe("test")
        deliveries: list = []
        wait_until(lambda: deliveries or deliveries.extend(busy.turn([], [], 1)[1]), "a message")
        assert subscribe("test").turn([], [], 1) == ([], [])
        busy.settle([], deliveries)

    def test_what_is_released_goes_to_anybody(self, layer, subscribe):
        for value in (1, 2):
            layer.send("test", {"value": value})
        subscription = subscribe("test")
        deliveries: list = []
        wait_until(
            lambda: len(deliveries) == 2 or deliveries.extend(subscription.turn([], [], 1)[1]),
            "two messages",
        )
        subscription.release(deliveries)
        values = [delivery.message["value"] for delivery in read(subscribe("test"), 2)]
        assert sorted(values) == [1, 2]
        assert subscription.turn([], [], 1) == ([], [])


def test_a_layer_that_knows_no_way_back_but_send_may_be_full():
    class Layer(InMemoryChannelLayer):
        send_again = BaseChannelLayer.send_again

    layer = Layer(capacity=1)
    layer.send("test", {"number": 1})
    subscription = layer.subscribe(["test"])
    subscription.release([Delivery("test", {"number": 2}), Delivery("other", {"number": 3})])
    assert layer.receive(["test"]) == ("test", {"number": 1})
    assert layer.receive(["test"]) == (None, None)
    assert layer.receive(["other"]) == ("other", {"number": 3})
