"""Tests of asgi_redis.heart: a living worker looks alive, and silence of all proves nothing."""

import asyncio
import time
from pathlib import Path

import pytest

import asgi_redis.heart
from tests.support.layers import databases
from tests.support.mailboxes import Receiver, hear, opened
from tests.support.waiting import wait_until

MANUAL = Path(__file__).resolve().parents[2] / "docs/howto/operating.md"
# What a user needs, as the manual says.
RIGHTS = (
    "~asgi:* +@read +@write +evalsha +script|load +info +time +ping +select"
    " +client|id +client|list +client|unblock +client|setname"
)
# One on each of three servers.
CHANNELS = ["zero", "one", "test"]


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    """Heartbeats are quick, and so is the verdict on workers that have none."""
    monkeypatch.setattr(asgi_redis.heart, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(asgi_redis.heart, "SUSPECT_MS", 300)


@pytest.fixture
def subscribe(redis_layer):
    """Opens subscriptions to a channel, which are closed after the test."""
    opened = []

    def open_one():
        opened.append(redis_layer.subscribe(["test"]))
        return opened[-1]

    yield open_one
    for subscription in opened:
        subscription.close()


@pytest.fixture
def beats(redis_layer):
    """Returns when a worker was last heard, in milliseconds; 0 if it never was."""

    def ask(subscription) -> int:
        command = ("ZSCORE", redis_layer.keys.workers, subscription.worker)
        return int(redis_layer.nodes[0].run(command) or 0)

    return ask


@pytest.fixture
def layer_as(valkey, layer_on):
    """Makes a layer on three servers whose user has the rights given and no others."""

    def make(rights: str):
        with valkey.client() as client:
            client.execute_command(f"ACL SETUSER app reset on >word {rights}")
        return layer_on(hosts=databases(valkey.url.replace("//", "//app:word@"), 3))

    return make


@pytest.fixture
def pair():
    """Makes two workers of a layer, one of which has taken a message on each server."""
    opened = []

    def make(layer):
        opened.extend(layer.subscribe(CHANNELS) for _ in range(2))
        for channel in CHANNELS:
            layer.send(channel, {})
        take(opened[0])
        return opened

    yield make
    for subscription in opened:
        subscription.close()


def take(subscription) -> None:
    """Takes a message on each server, and settles none."""
    found: list = []
    wait_until(lambda: found.extend(subscription.turn([], [], 3)[1]) or len(found) == 3, "three")


def denied(valkey) -> set[str]:
    """Returns what was refused; what redis-py says of itself is no loss."""
    with valkey.client() as client:
        return {entry["object"] for entry in client.acl_log()} - {"client|setinfo"}


def gets_nothing(subscription, seconds: float = 1.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if subscription.turn([], [], 3)[1]:
            return False
    return True


def heart_of(subscription):
    [share] = subscription._shares
    return share.heart


def test_after_a_silence_of_all_nobody_is_looked_for_until_all_can_be_heard(
    redis_layer, subscribe, beats
):
    first, second = subscribe(), subscribe()
    wait_until(lambda: beats(first) and beats(second), "both")
    node, keys = redis_layer.nodes[0], redis_layer.keys
    for subscription in (first, second):
        heart_of(subscription).stop()
        # As if Redis had been away for longer than a worker may be silent.
        node.run(("ZADD", keys.workers, beats(subscription) - 400, subscription.worker))
    wait_until(lambda: not node.run(("EXISTS", keys.reapers + keys.stream("test"))), "a turn")
    assert heart_of(second).beat() == []
    wait_until(lambda: heart_of(second).beat() == ["test"], "its turn")


def test_who_was_heard_before_the_clock_was_put_back_counts_as_heard_now(redis_layer, subscribe):
    node, workers = redis_layer.nodes[0], redis_layer.keys.workers
    node.run(("ZADD", workers, 10**14, "dead"))
    heart_of(subscribe()).beat()
    score, now = node.execute([("ZSCORE", workers, "dead"), ("TIME",)])
    assert int(score) <= int(now[0]) * 1000 + int(now[1]) // 1000


def test_a_stream_is_kept_for_as_long_as_its_messages(make_redis_layer):
    layer = make_redis_layer(expiry=3600)
    layer.send("test", {})
    subscription = layer.subscribe(["test"])
    heart_of(subscription).beat()
    stream = layer.keys.stream("test")
    assert layer.nodes[0].run(("PTTL", stream)) > 3_000_000
    subscription.close()


def test_a_mistake_in_a_heartbeat_is_logged_and_the_next_one_comes(
    subscribe, beats, monkeypatch, caplog
):
    subscription = subscribe()
    with monkeypatch.context() as patch:
        patch.setattr("asgi_redis.scripts.worker_beat", None)
        wait_until(lambda: "Error in the heartbeat of a worker" in caplog.text, "the log line")
        before = beats(subscription)
    wait_until(lambda: beats(subscription) > before, "the next heartbeat")


def test_a_worker_whose_user_lacks_a_right_beats_as_soon_as_it_has_it(valkey, layer_on, caplog):
    with valkey.client() as client:
        client.execute_command("ACL SETUSER app on >word ~* &* +@all -info")
        layer = layer_on(hosts=[f"redis://app:word@127.0.0.1:{valkey.port}/0"])
        subscription = layer.subscribe(["test"])
        wait_until(lambda: "cannot say that it is alive" in caplog.text, "the log line")
        assert "its user may not do this" in caplog.text
        assert heart_of(subscription).is_alive()
        client.execute_command("ACL SETUSER app +info")
        wait_until(lambda: client.zcard(layer.keys.workers), "a heartbeat")
    subscription.close()


class TestRights:
    def test_those_of_the_manual_are_enough_for_a_worker(self, valkey, layer_as, pair):
        silent, other = pair(layer_as(RIGHTS))
        for share in silent._shares:
            share.heart.stop()
        assert gets_nothing(other)
        for share in silent._shares:
            share.line.close()
        take(other)
        assert f"`{RIGHTS}`" in MANUAL.read_text()
        assert not denied(valkey)

    def test_and_for_an_interface_server(self, valkey, layer_as):
        async def scenario(layer, receiver):
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                await asyncio.to_thread(layer.group_add, "friends", channel)
                await asyncio.to_thread(layer.send_group, "friends", {"to": "all"})
                await hear(layer, mailbox, receiver)
                assert receiver.groups == [({channel}, {"to": "all"})]
                assert await asyncio.to_thread(layer.group_channels, "friends") == [channel]

        asyncio.run(scenario(layer_as(RIGHTS), Receiver()))
        assert not denied(valkey)

    def test_nobody_is_dead_because_connections_may_not_be_seen(
        self, layer_as, pair, monkeypatch, caplog
    ):
        silent, other = pair(layer_as(f"{RIGHTS} -client|list"))
        for share in silent._shares:
            share.heart.stop()
        assert gets_nothing(other)
        for address in {share.node.address for share in other._shares}:
            told = (
                f"silent ones are still connected, will keep trying: Redis at {address}: its user"
            )
            assert caplog.text.count(told) == 1
        monkeypatch.setattr(asgi_redis.heart, "GIVE_UP_MS", 1_000)
        take(other)


@pytest.mark.parametrize(("channel", "told"), [("websocket.receive", [b"process!1"]), ("jobs", [])])
def test_a_client_whose_message_became_a_dead_letter_is_told(
    redis_layer, subscribe, monkeypatch, channel, told
):
    monkeypatch.setattr("asgi_redis.commands.MAX_TRIES", 1)
    node, commands = redis_layer.nodes[0], redis_layer.commands
    redis_layer.send(channel, {"reply_channel": "process!1"})
    redis_layer.create_groups(node, [channel])
    node.run(commands.read("gone", [channel], [False], 10))
    heart_of(subscribe())._take_from(channel, "gone")
    assert [letter.channel for letter in redis_layer.dead_letters] == [channel]
    assert node.run(("SMEMBERS", redis_layer.keys.dropped("process!"))) == told
