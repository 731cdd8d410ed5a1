"""Tests of asgi_redis.subscription: what a worker took is lost with nobody."""

import logging
import threading
import time
from contextlib import suppress
from unittest.mock import Mock

import pytest

import asgi_redis.heart
import asgi_redis.subscription
from asgi_redis.commands import Commands
from asgi_redis.keys import shard
from channels.layers.exceptions import LayerUnavailable, RefusedForNow
from channels.layers.outgoing import Outgoing
from tests.support.layers import databases
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    """Heartbeats are quick, and so is the verdict on workers that have none."""
    monkeypatch.setattr(asgi_redis.subscription, "BLOCK_MS", 50)
    monkeypatch.setattr(asgi_redis.heart, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(asgi_redis.heart, "SUSPECT_MS", 300)


@pytest.fixture
def workers():
    """Keeps subscriptions, to close those that are left after the test."""
    opened = []
    yield opened
    for subscription in opened:
        subscription.close()


@pytest.fixture
def watcher(redis_layer, workers) -> None:
    """Somebody is heard all the time, so that the silence of another means something."""
    workers.append(redis_layer.subscribe(["quiet"]))


def take(subscription, count: int = 1) -> list:
    """Returns deliveries that are not settled."""
    found: list = []

    def turn() -> bool:
        found.extend(subscription.turn([], [], count - len(found))[1])
        return len(found) == count

    wait_until(turn, f"{count} messages")
    return found


def die(subscription) -> None:
    """Ends a subscription as `kill -9` would: the heart stops, the connections close."""
    for share in subscription._shares:
        share.heart.stop()
        share.line.close()


class TestDeadWorkers:
    def test_what_one_had_taken_goes_to_another(self, redis_layer, workers, caplog):
        dead = redis_layer.subscribe(["test"])
        redis_layer.send("test", {"value": 1})
        take(dead)
        workers.append(redis_layer.subscribe(["test"]))
        die(dead)
        [again] = take(workers[0])
        workers[0].settle([], [again])
        assert again.message == {"value": 1}
        wait_until(lambda: "on test: 1 go to others, 0 to the dead" in caplog.text, "the log line")
        assert redis_layer.receive(["test"]) == (None, None)

    def test_a_message_that_kills_every_worker_becomes_a_dead_letter(
        self, redis_layer, workers, watcher
    ):
        redis_layer.send("test", {"value": "poison"})
        redis_layer.send("test", {"value": "good"})
        deaths = 0

        def kill_one() -> bool:
            nonlocal deaths
            worker = redis_layer.subscribe(["test"])
            for delivery in worker.turn([], [], 1)[1]:
                if delivery.message["value"] == "good":
                    worker.settle([], [delivery])
                    break
                deaths += 1
                die(worker)
                return False
            worker.close()
            return bool(list(redis_layer.dead_letters))

        wait_until(kill_one, "a dead letter")
        assert deaths == 5
        [letter] = redis_layer.dead_letters
        assert letter.channel == "test"
        assert letter.message == {"value": "poison"}
        assert "5 times" in letter.reason

    def test_what_was_read_beside_a_message_that_kills_becomes_no_dead_letter(
        self, redis_layer, workers, watcher
    ):
        innocent = [f"message {number}" for number in range(5)]
        for name in [*innocent[:2], "poison", *innocent[2:]]:
            redis_layer.send("test", {"name": name})
        survived: list = []

        def run_some() -> bool:
            workers.append(redis_layer.subscribe(["test"]))
            _, deliveries = workers[-1].turn([], [], 10)
            names = [delivery.message["name"] for delivery in deliveries]
            if "poison" in names:
                die(workers.pop())
            else:
                workers[-1].settle([], deliveries)
                survived.extend(names)
                workers.pop().close()
            return bool(list(redis_layer.dead_letters))

        wait_until(run_some, "a dead letter", seconds=60)
        assert [letter.message["name"] for letter in redis_layer.dead_letters] == ["poison"]
        assert sorted(survived) == innocent
        assert redis_layer.receive(["test"]) == (None, None)

    def test_a_message_that_was_put_back_keeps_its_age_and_its_id(self, redis_layer, workers):
        for name in ("poison", "innocent"):
            redis_layer.send("test", {"name": name})
        workers.append(redis_layer.subscribe(["test"]))
        ids = {delivery.message["name"]: delivery.id for delivery in take(workers[0], 2)}
        die(workers.pop())
        again: dict = {}
        workers.append(redis_layer.subscribe(["test"]))
        while len(again) < 2:
            _, deliveries = workers[0].turn([], [], 10)
            assert len(deliveries) <= 1
            again |= {delivery.message["name"]: delivery.id for delivery in deliveries}
            workers[0].settle([], deliveries)
        assert again == ids

    def test_those_that_nobody_took_in_time_take_no_room_beside_one_that_runs(
        self, make_redis_layer, workers
    ):
        layer = make_redis_layer(expiry=1, capacity=3)
        workers.append(layer.subscribe(["test"]))
        layer.send("test", {"number": 0})
        [running] = take(workers[0])
        for number in range(1, 4):
            layer.send("test", {"number": number})
        time.sleep(1.1)
        layer.send("test", {"number": 4})
        _, [fresh] = workers[0].turn([], [running], 9)
        assert fresh.message == {"number": 4}

    def test_several_at_once_have_the_room_of_those_that_run(self, make_redis_layer, workers):
        layer = make_redis_layer(capacity=10)
        workers.append(layer.subscribe(["test"]))
        for _ in range(8):
            layer.send("test", {})
        take(workers[0], 8)
        assert layer.send_all([to("test", {})] * 10) == []
        assert len(layer.send_all([to("test", {})] * 2)) == 2

    def test_a_message_of_a_long_consumer_survives_its_own_expiry(self, make_redis_layer, workers):
        layer = make_redis_layer(expiry=0.5, capacity=5)
        dead = layer.subscribe(["test"])
        layer.send("test", {"value": "long"})
        take(dead)
        time.sleep(0.6)
        for _ in range(20):  # what makes room for others must not remove it
            layer.send_all([Outgoing.to_channel("test", {"value": "other"})])
        workers.append(layer.subscribe(["test"]))
        die(dead)
        values: list = []

        def turn() -> bool:
            deliveries = workers[0].turn([], [], 10)[1]
            workers[0].settle([], deliveries)
            values.extend(delivery.message["value"] for delivery in deliveries)
            return "long" in values

        wait_until(turn, "the message of the dead worker")
        assert values.count("long") == 1

    def test_a_slow_consumer_of_a_living_worker_is_left_alone(self, redis_layer, workers):
        workers += [redis_layer.subscribe(["test"]) for _ in range(2)]
        redis_layer.send("test", {})
        delivery = take(workers[0])
        stop = time.monotonic() + 1.2  # four times the time after which one is suspect
        while time.monotonic() < stop:
            assert workers[1].turn([], [], 1)[1] == []
        workers[0].settle([], delivery)

    def test_a_stopped_worker_keeps_its_messages_while_it_is_connected(self, redis_layer, workers):
        workers += [redis_layer.subscribe(["test"]) for _ in range(2)]
        redis_layer.send("test", {})
        delivery = take(workers[0])
        workers[0]._shares[0].heart.stop()
        stop = time.monotonic() + 1
        while time.monotonic() < stop:
            assert workers[1].turn([], [], 1)[1] == []
        workers[0].settle([], delivery)

    def test_a_stopped_worker_is_given_up_in_the_end(self, redis_layer, workers, monkeypatch):
        monkeypatch.setattr(asgi_redis.heart, "GIVE_UP_MS", 500)
        workers += [redis_layer.subscribe(["test"]) for _ in range(2)]
        redis_layer.send("test", {"value": 1})
        take(workers[0])
        workers[0]._shares[0].heart.stop()
        [again] = take(workers[1])
        workers[1].settle([], [again])
        assert again.message == {"value": 1}

    def test_one_whose_first_heartbeat_nobody_heard_is_left_alone(self, redis_layer, workers):
        workers += [redis_layer.subscribe(["test"]) for _ in range(2)]
        redis_layer.send("test", {})
        delivery = take(workers[0])
        workers[0]._shares[0].heart.stop()
        [node] = redis_layer.nodes
        node.run(("DEL", redis_layer.keys.workers))  # as after a restart without its memory
        stop = time.monotonic() + 0.6
        while time.monotonic() < stop:
            assert workers[1].turn([], [], 1)[1] == []
        workers[0].settle([], delivery)


class TestClosing:
    def test_what_was_not_started_goes_to_others(self, redis_layer, workers):
        stopped = redis_layer.subscribe(["one", "two"])
        redis_layer.send("one", {})
        redis_layer.send("two", {})
        take(stopped, 2)
        stopped.close()
        workers.append(redis_layer.subscribe(["one", "two"]))
        deliveries = take(workers[0], 2)
        workers[0].settle([], deliveries)
        assert {delivery.channel for delivery in deliveries} == {"one", "two"}

    def test_the_worker_is_forgotten(self, redis_layer):
        subscription = redis_layer.subscribe(["test"])
        redis_layer.send("test", {})
        subscription.settle([], take(subscription))
        subscription.close()
        [node] = redis_layer.nodes
        assert node.run(("ZCARD", redis_layer.keys.workers)) == 0
        stream = redis_layer.keys.stream("test")
        assert node.run(("XINFO", "CONSUMERS", stream, "workers")) == []

    def test_it_hands_back_even_what_redis_has_no_script_for_any_more(self, redis_layer, workers):
        stopped = redis_layer.subscribe(["test"])
        redis_layer.send("test", {"value": 1})
        take(stopped)
        stopped._shares[0].heart.stop()
        redis_layer.nodes[0].run(("SCRIPT", "FLUSH"))
        stopped.close()
        workers.append(redis_layer.subscribe(["test"]))
        deliveries = take(workers[0])
        workers[0].settle([], deliveries)
        assert deliveries[0].message == {"value": 1}

    def test_all_of_very_many_messages_go_to_others(self, make_redis_layer, workers, monkeypatch):
        layer = make_redis_layer(capacity=2500)
        for number in range(2100):
            layer.send("test", {"number": number})
        stopped = layer.subscribe(["test"])
        take(stopped, 2100)
        stopped.close()
        workers.append(layer.subscribe(["test"]))
        deliveries = take(workers[0], 2100)
        assert sorted(delivery.message["number"] for delivery in deliveries) == list(range(2100))

    def test_what_cannot_be_handed_back_now_is_when_the_server_is_back(
        self, valkey, layer_on, workers
    ):
        layer = layer_on(valkey)
        workers.append(layer.subscribe(["test"]))
        layer.send("test", {"number": 1})
        found = take(workers[0])
        with valkey.client() as client:
            client.config_set("maxmemory", "1")
            workers[0].release(found)
            client.config_set("maxmemory", "0")
        [again] = take(workers[0])
        assert again.message == {"number": 1}
        assert again.id == found[0].id


class TestExpiry:
    def test_nobody_is_given_an_expired_message_however_many_there_are(
        self, make_redis_layer, workers
    ):
        layer = make_redis_layer(expiry=1)
        workers.append(layer.subscribe(["test"]))
        workers[0].turn([], [], 1, block=False)
        for number in range(5):
            layer.send("test", {"number": number})
        time.sleep(1.1)
        for _ in range(5):
            assert workers[0].turn([], [], 1) == ([], [])
        layer.send("test", {"number": 5})
        assert take(workers[0])[0].message == {"number": 5}

    def test_one_does_not_hide_a_fresh_message_from_who_asks_once(self, make_redis_layer, workers):
        layer = make_redis_layer(expiry=1)
        workers.append(layer.subscribe(["test"]))  # keeps the stream
        layer.send("test", {"number": 1})
        time.sleep(1.1)
        layer.send("test", {"number": 2})
        assert layer.receive(["test"]) == ("test", {"number": 2})


class TestAtMostOnce:
    def test_it_is_settled_when_it_is_read(self, make_redis_layer, workers):
        layer = make_redis_layer(at_most_once=["once.*"])
        worker = layer.subscribe(["once.test", "test"])
        for name in ("once.test", "test"):
            layer.send(name, {})
        take(worker, 2)
        die(worker)
        workers.append(layer.subscribe(["once.test", "test"]))
        deliveries = take(workers[0])
        workers[0].settle([], deliveries)
        assert [delivery.channel for delivery in deliveries] == ["test"]
        stop = time.monotonic() + 0.5
        while time.monotonic() < stop:
            assert workers[0].turn([], [], 1)[1] == []

    def test_it_has_no_id_because_it_never_comes_again(self, make_redis_layer, workers):
        layer = make_redis_layer(at_most_once=["once.*"])
        workers.append(layer.subscribe(["once.test", "test"]))
        for name in ("once.test", "test"):
            layer.send(name, {})
        ids = {delivery.channel: delivery.id for delivery in take(workers[0], 2)}
        assert ids["once.test"] is None
        assert ids["test"]

    def test_requests_are_by_default(self, redis_layer):
        assert redis_layer.is_at_most_once("http.request")
        assert not redis_layer.is_at_most_once("websocket.receive")

    def test_it_can_be_handed_back_to_a_full_channel(self, make_redis_layer, workers):
        layer = make_redis_layer(at_most_once=["test"], capacity=2)
        workers.append(layer.subscribe(["test"]))
        for value in (1, 2):
            layer.send("test", {"value": value})
        deliveries = take(workers[0], 2)
        for value in (3, 4):
            layer.send("test", {"value": value})
        workers[0].release(deliveries)
        values = {layer.receive(["test"])[1]["value"] for _ in range(4)}
        assert values == {1, 2, 3, 4}

    def test_one_that_may_have_been_handed_back_is_not_again(
        self, valkey, layer_on, workers, caplog
    ):
        layer = layer_on(valkey, at_most_once=["test"])
        workers.append(layer.subscribe(["test"]))
        layer.send("test", {"value": 1})
        found = take(workers[0])
        valkey.stop()
        workers[0].release(found)
        assert "Dropped a message on test" in caplog.text
        valkey.start()

    def test_what_waits_for_a_worker_is_settled_too(self, make_redis_layer, workers):
        layer = make_redis_layer(at_most_once=["test"])
        workers.append(layer.subscribe(["test"]))
        timer = threading.Timer(0.1, layer.send, ["test", {}])
        timer.start()
        [delivery] = take(workers[0])
        timer.join()
        assert delivery.receipt is None
        self.check_settled(layer)

    @pytest.mark.parametrize("end", ["broken", "replaced", "closed"])
    def test_so_is_what_waited_when_its_settling_was_lost_with_the_connection(
        self, make_redis_layer, workers, monkeypatch, end
    ):
        layer = make_redis_layer(at_most_once=["test"])
        worker = layer.subscribe(["test"])
        [share] = worker._shares
        timer = threading.Timer(0.1, layer.send, ["test", {}])

        def lose(commands):
            share.line._posted += commands

        with monkeypatch.context() as patch:
            patch.setattr(share.line, "post", lose)
            timer.start()
            take(worker)
            timer.join()
        share.broken = end == "broken"
        if end == "replaced":
            share.node.era += 1
        if end == "closed":
            worker.close()
        else:
            workers.append(worker)
            assert worker.turn([], [], 1, block=False)[1] == []
        self.check_settled(layer)

    @staticmethod
    def check_settled(layer):
        """What was read is in Redis neither for this worker nor for another."""
        stream = ("XLEN", layer.keys.stream("test"))
        wait_until(lambda: layer.nodes[0].run(stream) == 0, "the message to be settled")


class TestForeignEntries:
    @pytest.mark.parametrize(
        "fields",
        [
            ("m", b"\xc1 no message"),
            ("m", b"\x93\x01\x02\x03"),  # a list
            ("m", b"\x91" * 5000 + b"\xc0"),  # nested too deeply
            ("other", "field"),
            ("m", b"\x80", "b", "no number", "t", "none either"),
            ("m", b"\x80", "b", int(time.time() * 1000), "t", "9" * 5000),
        ],
        ids=["malformed", "no dict", "deep", "other fields", "odd numbers", "long number"],
    )
    def test_they_end_in_the_dead_letters_and_the_worker_goes_on(
        self, redis_layer, workers, caplog, fields
    ):
        redis_layer.nodes[0].run(("XADD", redis_layer.keys.stream("test"), "*", *fields))
        redis_layer.send("test", {"value": 1})
        workers.append(redis_layer.subscribe(["test"]))
        values: list = []

        def turn() -> bool:
            deliveries = workers[0].turn([], [], 1)[1]
            workers[0].settle([], deliveries)
            values.extend(deliveries)
            return any(delivery.message == {"value": 1} for delivery in values)

        wait_until(turn, "the good message")
        foreign = [delivery for delivery in values if delivery.message != {"value": 1}]
        if not foreign:  # the last kind is a message with odd notes beside it
            assert len(list(redis_layer.dead_letters)) == 1
            assert "Put an entry of test to the dead letters" in caplog.text

    def test_a_message_that_somebody_has_put_back_may_have_any_id(self, redis_layer, workers):
        age = ("b", int(time.time() * 1000), "t", 0, "i", b"\xff\xfe")
        redis_layer.nodes[0].run(("XADD", redis_layer.keys.stream("test"), "*", "m", b"\x80", *age))
        workers.append(redis_layer.subscribe(["test"]))
        [delivery] = take(workers[0])
        workers[0].settle([], [delivery])
        assert delivery.message == {}


class TestOutages:
    def test_a_worker_goes_on_after_a_restart_that_forgot_everything(
        self, valkey, layer_on, workers
    ):
        layer = layer_on(valkey)
        workers.append(layer.subscribe(["test"]))
        assert workers[0].turn([], [], 1)[1] == []
        valkey.restart()
        wait_until(lambda: sends(layer, "test"), "the layer")
        assert read_through_outage(workers[0]).message == {"value": 1}

    def test_a_worker_may_start_before_redis(self, valkey, layer_on, workers):
        valkey.stop()
        layer = layer_on(valkey)
        workers.append(layer.subscribe(["test"]))
        with pytest.raises(LayerUnavailable, match=str(valkey.port)):
            workers[0].turn([], [], 1)
        valkey.start()
        wait_until(lambda: sends(layer, "test"), "the layer")
        assert read_through_outage(workers[0]).message == {"value": 1}

    def test_what_was_on_its_way_over_a_broken_connection_comes_again(self, redis_layer, workers):
        workers.append(redis_layer.subscribe(["test"]))
        redis_layer.send("test", {"value": 1})
        [share] = workers[0]._shares
        workers[0].turn([], [], 0, block=False)
        # As if the reply to this read had been lost.
        redis_layer.nodes[0].run(redis_layer.commands.read(workers[0].worker, ["test"], [False], 1))
        share.line.close()
        share.broken = True
        [delivery] = take(workers[0])
        workers[0].settle([], [delivery])
        assert delivery.message == {"value": 1}

    def test_what_it_works_on_does_not_come_again_over_a_new_connection(self, redis_layer, workers):
        workers.append(redis_layer.subscribe(["test"]))
        redis_layer.send("test", {})
        delivery = take(workers[0])
        workers[0]._shares[0].line.close()
        workers[0]._shares[0].broken = True
        for _ in range(3):
            assert workers[0].turn([], [], 1)[1] == []
        workers[0].settle([], delivery)

    def test_closing_while_redis_is_away_says_so_and_ends(self, valkey, layer_on, caplog):
        subscription = layer_on(valkey).subscribe(["test"])
        subscription.turn([], [], 1)
        valkey.stop()
        subscription.close()
        assert "Stopped without handing back" in caplog.text


class TestRefusals:
    """What is for a key of the wrong type is refused however often it is sent."""

    def test_one_for_good_does_not_send_its_neighbours_again(self, redis_layer, workers):
        spoil(redis_layer, "broken")
        workers.append(redis_layer.subscribe(["test"]))
        redis_layer.send("test", {"value": 1})
        found = take(workers[0])
        outgoing = [to("before", {}), to("broken", {}), to("after", {})]
        [refusal], deliveries = workers[0].turn(outgoing, found, 1, block=False)
        assert refusal.outgoing == outgoing[1]
        assert "WRONGTYPE" in str(refusal.error)
        assert workers[0].settle(outgoing, [])[0].outgoing == outgoing[1]
        assert deliveries == []
        assert [redis_layer.receive(["before", "after"])[0] for _ in range(5)].count(None) == 1
        assert redis_layer.channel_statistics("test")["messages_pending"] == 0

    def test_one_is_told_before_anything_is_waited_for(self, redis_layer, workers, monkeypatch):
        workers.append(redis_layer.subscribe(["test"]))
        spoil(redis_layer, "broken")
        monkeypatch.setattr(workers[0], "_wait", pytest.fail)
        [refusal], _ = workers[0].turn([to("broken", {})], [], 1)
        assert refusal.outgoing.name == "broken"

    def test_one_of_the_reading_does_not_send_again_what_was_sent(self, redis_layer, workers):
        workers.append(redis_layer.subscribe(["test"]))
        workers[0].turn([], [], 1, block=False)
        spoil(redis_layer, "test")
        assert workers[0].turn([to("other", {})], [], 1, block=False) == ([], [])
        with pytest.raises(LayerUnavailable, match="WRONGTYPE"):
            workers[0].turn([], [], 1, block=False)
        assert redis_layer.receive(["other"]) == ("other", {})
        assert redis_layer.receive(["other"]) == (None, None)

    def test_what_is_no_message_is_not_lost_when_it_cannot_become_a_dead_letter(
        self, valkey, layer_on, workers, caplog
    ):
        layer = layer_on(valkey)
        workers.append(layer.subscribe(["test"]))
        workers[0].turn([], [], 1, block=False)
        layer.nodes[0].run(("XADD", layer.keys.stream("test"), "*", "m", "no message"))
        with valkey.client() as client:
            client.config_set("maxmemory", "1")
            assert workers[0].turn([], [], 1) == ([], [])
            assert "Could not put an entry of test to the dead letters" in caplog.text
            client.config_set("maxmemory", "0")
        wait_until(lambda: not workers[0].turn([], [], 1)[1] and any(layer.dead_letters), "it")

    def test_one_of_making_channels_ready_is_raised_if_none_is(self, redis_layer):
        [node] = redis_layer.nodes
        for _ in range(2):
            assert redis_layer.create_groups(node, ["test"]) == ["test"]
        spoil(redis_layer, "broken")
        assert redis_layer.create_groups(node, ["test", "broken"]) == ["test"]
        with pytest.raises(LayerUnavailable, match="WRONGTYPE"):
            redis_layer.create_groups(node, ["broken"])

    def test_one_of_a_channel_costs_no_message_of_another_and_is_told_once(
        self, redis_layer, workers, caplog
    ):
        workers.append(redis_layer.subscribe(["http.request", "broken"]))
        workers[0].turn([], [], 1, block=False)
        redis_layer.nodes[0].run(("DEL", redis_layer.keys.stream("broken")))
        spoil(redis_layer, "broken")
        for number in range(4):
            redis_layer.send("http.request", {"number": number})
        deliveries = take(workers[0], 4)
        assert [delivery.message["number"] for delivery in deliveries] == [0, 1, 2, 3]
        for _ in range(5):
            assert workers[0].turn([], [], 1) == ([], [])
        assert len([one for one in caplog.records if "holds no stream" in one.message]) == 1
        redis_layer.nodes[0].run(("DEL", redis_layer.keys.stream("broken")))
        redis_layer.send("broken", {})
        assert [delivery.channel for delivery in take(workers[0])] == ["broken"]

    def test_what_another_program_has_under_a_channels_key_stays_as_it_is(
        self, redis_layer, workers
    ):
        spoil(redis_layer, "broken")
        [node], key = redis_layer.nodes, redis_layer.keys.stream("broken")
        node.run(redis_layer.commands.dead_letter("broken", b"\x80", "it killed"))
        [letter] = redis_layer.dead_letters
        workers.append(redis_layer.subscribe(["test", "broken"]))
        assert workers[0].turn([to("broken", {})], [], 1)[1] == []
        workers[0]._shares[0].heart.beat()
        for refused in (
            lambda: redis_layer.send("broken", {}),
            lambda: redis_layer.send_again("broken", {}),
            lambda: redis_layer.receive(["broken"], block=True),
            lambda: redis_layer.dead_letters.requeue(letter),
        ):
            with pytest.raises(LayerUnavailable, match="WRONGTYPE"):
                refused()
        assert node.execute([("GET", key), ("PTTL", key)]) == [b"something else", -1]

    def test_one_for_now_leaves_all_to_be_sent_later(self, valkey, layer_on, workers):
        layer = layer_on(valkey)
        workers.append(layer.subscribe(["test"]))
        workers[0].turn([], [], 1, block=False)
        with valkey.client() as client:
            client.config_set("maxmemory", "1")
            refusals, _ = workers[0].turn([to("other", {})], [], 1)
            refusals += workers[0].settle([to("other", {})], [])
            assert [type(error) for _, error in refusals] == [RefusedForNow] * 2
            assert "raise its maxmemory" in str(refusals[0].error)
            client.config_set("maxmemory", "0")
        assert workers[0].turn([to("other", {})], [], 1) == ([], [])
        assert layer.receive(["other"]) == ("other", {})


class TestSettling:
    """What is done is settled, sooner or later, and not run again; what is not done is neither."""

    @pytest.fixture
    def layer(self, valkey, layer_on):
        return layer_on(valkey)

    @pytest.fixture
    def refuse(self, valkey):
        """Takes the right to some commands away, or gives it back."""

        def change(*commands: str, sign: str = "-") -> None:
            with valkey.client() as client:
                rights = [f"{sign}{command}" for command in commands]
                client.execute_command("ACL", "SETUSER", "default", *rights)

        return change

    def pending(self, layer) -> int:
        """Return how many messages somebody has taken."""
        return layer.nodes[0].run(("XPENDING", layer.keys.stream("test"), "workers"))[0]

    def test_a_message_whose_reply_finds_no_memory_is_not_done(self, valkey, layer, workers):
        workers.append(layer.subscribe(["test"]))
        layer.send("test", {"value": 1})
        found = take(workers[0])
        with valkey.client() as client:
            client.config_set("maxmemory", "1")
            [refusal], _ = workers[0].turn([to("reply", {})], found, 1, block=False)
            assert self.pending(layer) == 1
            client.config_set("maxmemory", "0")
        layer.send_all([refusal.outgoing])
        workers[0].turn([], [], 1, block=False)
        assert self.pending(layer) == 0

    def test_what_was_refused_is_done_when_the_worker_leaves(self, layer, workers, refuse):
        leaving = layer.subscribe(["test"])
        layer.send("test", {"value": 1})
        found = take(leaving)
        refuse("xack")
        leaving.settle([], found)
        refuse("xack", sign="+")
        leaving.close()
        workers.append(layer.subscribe(["test"]))
        assert workers[0].turn([], [], 1)[1] == []

    def test_what_was_refused_does_not_come_again_over_a_new_connection(
        self, layer, workers, refuse
    ):
        workers.append(layer.subscribe(["test"]))
        layer.send("test", {"value": 1})
        found = take(workers[0])
        refuse("xack")
        workers[0].settle([], found)
        with pytest.raises(LayerUnavailable, match="may not do this"):
            workers[0].turn([], [], 1)
        refuse("xack", sign="+")
        assert workers[0].turn([], [], 1)[1] == []
        assert self.pending(layer) == 0

    def test_nor_does_what_was_to_be_settled_before_it_ran(self, valkey, layer_on, workers, refuse):
        layer = layer_on(valkey, at_most_once=["test"])
        workers.append(layer.subscribe(["test"]))
        workers[0].turn([], [], 1, block=False)
        timer = threading.Timer(0.02, lambda: (refuse("xdel"), sends(layer, "test")))
        timer.start()
        take(workers[0])  # while it waited
        timer.join()
        for _ in range(2):
            with suppress(LayerUnavailable):
                assert workers[0].turn([], [], 1)[1] == []
        refuse("xdel", sign="+")
        assert [workers[0].turn([], [], 1)[1] for _ in range(3)] == [[], [], []]
        with valkey.client() as client:
            assert client.xlen(layer.keys.stream("test")) == 0

    def test_a_channel_that_holds_something_else_meanwhile_keeps_no_other_waiting(
        self, redis_layer, workers
    ):
        workers.append(redis_layer.subscribe(["test", "other"]))
        redis_layer.send("test", {})
        found = take(workers[0])
        redis_layer.nodes[0].run(("DEL", redis_layer.keys.stream("test")))
        spoil(redis_layer, "test")
        workers[0].settle([], found)
        redis_layer.send("other", {})
        [delivery] = take(workers[0])
        workers[0].settle([], [delivery])
        assert delivery.channel == "other"

    def test_an_entry_that_cannot_be_buried_keeps_no_other_waiting(
        self, layer, workers, monkeypatch
    ):
        workers.append(layer.subscribe(["test"]))
        layer.nodes[0].run(("XADD", layer.keys.stream("test"), "*", "m", b"\xc1"))
        layer.send("test", {"value": 1})
        with monkeypatch.context() as patch:
            patch.setattr(Commands, "drop", Mock(side_effect=LayerUnavailable))
            found = workers[0].turn([], [], 2, block=False)[1]
        workers[0].turn([], found, 1, block=False)
        wait_until(lambda: workers[0].turn([], [], 1) and not self.pending(layer), "its burial")
        assert found[0].message == {"value": 1}
        assert len(list(layer.dead_letters)) == 2


class TestShards:
    CHANNELS = ("one", "two", "three", "four", "five")

    def test_one_dead_server_does_not_stop_the_others(
        self, valkey, layer_on, redis_url, prefix, workers
    ):
        # Two servers of three are alive; what is on the third comes when it is back.
        layer = layer_on(hosts=[*databases(redis_url, 2), valkey.url], prefix=prefix)
        here = [name for name in self.CHANNELS if shard(name, 3) != 2]
        there = [name for name in self.CHANNELS if shard(name, 3) == 2]
        assert here
        assert there
        workers.append(layer.subscribe(self.CHANNELS))
        for _ in range(3):
            workers[0].turn([], [], 1)
        valkey.kill()
        for name in here:
            layer.send(name, {"value": name})
        deliveries = take(workers[0], len(here))
        workers[0].settle([], deliveries)
        assert sorted(delivery.channel for delivery in deliveries) == sorted(here)
        with pytest.raises(LayerUnavailable):
            layer.send(there[0], {})
        valkey.start()
        wait_until(lambda: sends(layer, there[0]), "the third server")
        [delivery] = take(workers[0])
        workers[0].settle([], [delivery])
        assert delivery.channel == there[0]
        layer.flush()

    def test_what_was_sent_is_not_sent_again_because_nothing_can_be_read(
        self, valkey, layer_on, redis_url, prefix, workers
    ):
        layer = layer_on(hosts=[*databases(redis_url, 2), valkey.url], prefix=prefix)
        here = next(name for name in self.CHANNELS if shard(name, 3) != 2)
        there = next(name for name in self.CHANNELS if shard(name, 3) == 2)
        workers.append(layer.subscribe([there]))
        workers[0].turn([], [], 1, block=False)
        valkey.kill()
        assert workers[0].turn([to(here, {})], [], 1) == ([], [])
        with pytest.raises(LayerUnavailable):
            workers[0].turn([], [], 1)
        assert layer.receive([here]) == (here, {})
        valkey.start()
        layer.flush()

    def test_a_server_that_dies_while_it_is_waited_for_harms_nothing(
        self, valkey, layer_on, redis_url, prefix, workers, monkeypatch, caplog
    ):
        caplog.set_level(logging.DEBUG)
        monkeypatch.setattr(asgi_redis.subscription, "BLOCK_MS", 2000)
        layer = layer_on(hosts=[*databases(redis_url, 2), valkey.url], prefix=prefix)
        workers.append(layer.subscribe(self.CHANNELS))
        for _ in range(2):
            workers[0].turn([], [], 1, block=False)
            workers[0].turn([], [], 1, block=False)
        timer = threading.Timer(0.2, valkey.kill)
        timer.start()
        for _ in range(5):
            workers[0].turn([], [], 1)
            if "Broken off waiting" in caplog.text:
                break
        timer.join()
        monkeypatch.setattr(asgi_redis.subscription, "BLOCK_MS", 50)
        here = [name for name in self.CHANNELS if shard(name, 3) != 2]
        for name in here:
            layer.send(name, {"value": name})
        deliveries = take(workers[0], len(here))
        workers[0].settle([], deliveries)
        assert sorted(delivery.message["value"] for delivery in deliveries) == sorted(here)
        valkey.start()
        layer.flush()


def to(channel: str, message: dict) -> Outgoing:
    return Outgoing.to_channel(channel, message)


def spoil(layer, channel: str) -> None:
    """Puts something else where a channel's messages belong."""
    layer.nodes[0].run(("SET", layer.keys.stream(channel), "something else"))


def sends(layer, channel: str) -> bool:
    """Sends a message, unless the layer is away."""
    try:
        layer.send(channel, {"value": 1})
    except LayerUnavailable:
        return False
    return True


def read_through_outage(subscription):
    """Returns the next message, settled, however often the layer is away meanwhile."""
    found: list = []

    def turn() -> bool:
        try:
            found.extend(subscription.turn([], [], 1)[1])
            if found:
                subscription.settle([], found)
        except LayerUnavailable:
            return False
        return bool(found)

    wait_until(turn, "a message after the outage")
    return found[0]
