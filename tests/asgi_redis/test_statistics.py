"""Tests of asgi_redis.statistics: what a layer has counted."""

import asyncio
import time

import pytest

from channels.layers.exceptions import ChannelFull, PartlyUnavailable
from tests.support.mailboxes import Receiver, hear, opened
from tests.support.waiting import eventually, wait_until

EMPTY = {
    "messages_count": 0,
    "channel_full_count": 0,
    "messages_pending": 0,
    "messages_running": 0,
    "messages_max_age": 0.0,
}


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("asgi_redis.subscription.BLOCK_MS", 50)


@pytest.mark.parametrize("kind", ["redis", "shards"])
class TestLayer:
    def test_sends_and_refusals_are_counted(self, make_redis_layer, kind):
        layer = make_redis_layer(kind, capacity=2)
        for channel in ("a", "b", "c", "d"):
            for _ in range(2):
                layer.send(channel, {})
            with pytest.raises(ChannelFull):
                layer.send(channel, {})
        counts = layer.global_statistics()
        assert (counts["messages_count"], counts["channel_full_count"]) == (8, 4)

    def test_everything_is_there_from_the_start(self, make_redis_layer, kind):
        counts = make_redis_layer(kind).global_statistics()
        assert counts == dict.fromkeys(
            (
                "messages_count",
                "channel_full_count",
                "group_drops",
                "redeliveries",
                "dead_letters",
                "members",
                "servers",
                "workers",
            ),
            0,
        )

    def test_a_worker_of_several_channels_is_one(self, make_redis_layer, kind):
        layer = make_redis_layer(kind)
        workers = [layer.subscribe(["a", "b", "c", "d"]) for _ in range(2)]
        for worker in workers:
            worker.turn([], [], 1)
        try:
            assert layer.global_statistics()["workers"] == 2
        finally:
            for worker in workers:
                worker.close()
        assert layer.global_statistics()["workers"] == 0

    def test_workers_on_different_servers_are_several(self, make_redis_layer, kind):
        layer = make_redis_layer(kind)
        channels = {layer.shard(name): name for name in (f"test{n}" for n in range(50))}.values()
        workers = [layer.subscribe([channel]) for channel in channels]
        try:
            count = len(layer.nodes)
            wait_until(lambda: layer.global_statistics()["workers"] == count, f"{count} workers")
        finally:
            for worker in workers:
                worker.close()

    def test_a_server_is_one_and_its_members_are_counted(self, make_redis_layer, kind, monkeypatch):
        monkeypatch.setattr("asgi_redis.mailbox.BEAT_SECONDS", 0.05)
        layer = make_redis_layer(kind)

        async def scenario():
            async with opened(layer, Receiver()) as mailbox:
                layer.group_add("friends", mailbox.new_channel())
                layer.group_add("friends", mailbox.new_channel())

                def counted():
                    counts = layer.global_statistics()
                    return (counts["servers"], counts["members"]) == (1, 2)

                await eventually(counted, "the server and its members")

        asyncio.run(scenario())
        counts = layer.global_statistics()
        assert (counts["servers"], counts["members"]) == (0, 0)


def test_what_the_others_know_comes_with_the_error_about_an_absent_server(
    valkey, layer_on, redis_url, prefix
):
    layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
    for name in (f"test{number}" for number in range(9)):
        layer.send(name, {})
    counts = layer.global_statistics()
    valkey.kill()
    with pytest.raises(PartlyUnavailable, match=f"Redis at .*{valkey.port}") as caught:
        layer.global_statistics()
    assert 0 < caught.value.known["messages_count"] < 9
    assert caught.value.known.keys() == counts.keys()


class TestSurvey:
    NAMES = tuple(f"test{number}" for number in range(9))

    def test_it_has_what_is_told_of_the_layer_and_of_each_channel(self, make_redis_layer):
        layer = make_redis_layer("shards")
        for name in self.NAMES:
            layer.send(name, {})
        found = layer.survey(self.NAMES)
        assert found.total == layer.global_statistics()
        assert {name: row["messages_pending"] for name, row in found.channels.items()} == (
            dict.fromkeys(self.NAMES, 1)
        )
        sent = [counts["messages_count"] for counts in found.servers.values()]
        assert (len(sent), sum(sent)) == (3, 9)
        assert (found.away, found.unknown) == ({}, {})

    def test_it_has_what_the_others_know_and_says_who_is_away(
        self, valkey, layer_on, redis_url, prefix
    ):
        layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
        valkey.kill()
        found = layer.survey(self.NAMES)
        assert list(found.servers) == [layer.nodes[0].address]
        assert list(found.away) == [layer.nodes[1].address]
        assert set(found.unknown) == {name for name in self.NAMES if layer.shard(name) == 1}
        assert set(found.channels) == set(self.NAMES) - set(found.unknown)

    def test_one_server_that_is_away_has_told_nothing(self, valkey, layer_on):
        layer = layer_on(valkey)
        valkey.kill()
        assert layer.survey(["test"])[:2] == ({}, {})

    def test_a_server_that_hangs_is_waited_for_once(
        self, valkey, layer_on, redis_url, prefix, monkeypatch
    ):
        monkeypatch.setattr("asgi_redis.node.TIMEOUT_SECONDS", 0.5)
        layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
        layer.survey(self.NAMES)
        valkey.pause()
        try:
            start = time.monotonic()
            found = layer.survey(self.NAMES)
        finally:
            valkey.resume()
        assert time.monotonic() - start < 1
        assert list(found.away) == [layer.nodes[1].address]

    def test_a_key_that_holds_something_else_costs_one_channel(self, redis_layer):
        redis_layer.nodes[0].run(("SET", redis_layer.keys.stream("broken"), "something else"))
        found = redis_layer.survey(["broken", "test"])
        assert "WRONGTYPE" in str(found.unknown["broken"])
        assert (list(found.channels), found.away) == (["test"], {})


class TestDrops:
    def test_group_messages_without_room_are_counted(self, make_redis_layer, monkeypatch):
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_redis_layer()
        receiver = Receiver()

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                layer.group_add("friends", mailbox.new_channel())
                await hear(layer, mailbox, receiver)
                for _ in range(20):
                    layer.send_group("friends", {})

        asyncio.run(scenario())
        assert layer.global_statistics()["group_drops"] >= 15


class TestChannel:
    def test_a_channel_that_nobody_has_used(self, redis_layer):
        assert redis_layer.channel_statistics("test") == EMPTY

    def test_what_waits_and_what_runs(self, make_redis_layer):
        layer = make_redis_layer(capacity=3)
        for _ in range(3):
            layer.send("test", {})
        with pytest.raises(ChannelFull):
            layer.send("test", {})
        worker = layer.subscribe(["test"])
        [delivery] = worker.turn([], [], 1)[1]
        counts = layer.channel_statistics("test")
        assert counts.pop("messages_max_age") >= 0
        assert counts == {
            "messages_count": 3,
            "channel_full_count": 1,
            "messages_pending": 2,
            "messages_running": 1,
        }
        worker.settle([], [delivery])
        worker.close()
        assert layer.channel_statistics("test")["messages_running"] == 0
        assert layer.channel_statistics("test")["messages_pending"] == 2

    def test_the_oldest_message_has_an_age(self, redis_layer):
        redis_layer.send("test", {})
        # An entry of five seconds ago, put before the one of now.
        seconds = int(redis_layer.nodes[0].run(("TIME",))[0])
        stream = redis_layer.keys.stream("other")
        redis_layer.nodes[0].run(("XADD", stream, f"{(seconds - 5) * 1000}-0", "m", b""))
        assert redis_layer.channel_statistics("other")["messages_max_age"] >= 5
        assert redis_layer.channel_statistics("test")["messages_max_age"] < 5

    def test_a_message_is_no_younger_for_being_handed_back(self, redis_layer):
        redis_layer.send("test", {})
        time.sleep(0.2)
        worker = redis_layer.subscribe(["test"])
        worker.release(worker.turn([], [], 1)[1])
        worker.close()
        assert redis_layer.channel_statistics("test")["messages_max_age"] >= 0.2

    def test_a_bad_name_is_refused(self, redis_layer):
        with pytest.raises(TypeError, match="bad name"):
            redis_layer.channel_statistics("bad name")
