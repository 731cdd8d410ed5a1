"""Tests of asgi_redis.dead_letters: they stay until an operator decides, within bounds."""

import tracemalloc
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from channels.layers.exceptions import LayerUnavailable, RefusedForNow
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("asgi_redis.subscription.BLOCK_MS", 50)


def bury(layer, channel, data):
    """Puts something onto a channel as no layer would, and lets a worker find it."""
    layer.nodes[layer.shard(channel)].run(("XADD", layer.keys.stream(channel), "*", "m", data))
    count = len(list(layer.dead_letters))
    worker = layer.subscribe([channel])

    def turn() -> bool:
        assert worker.turn([], [], 1)[1] == []
        return len(list(layer.dead_letters)) > count

    try:
        wait_until(turn, "a dead letter")
    finally:
        worker.close()


def test_one_stays_if_its_channel_cannot_take_it(valkey, layer_on):
    layer = layer_on(valkey)
    layer.nodes[0].run(layer.commands.dead_letter("test", b"\x81\xa5value\x01", "it killed"))
    with valkey.client() as client:
        client.config_set("maxmemory", "1")
        [letter] = layer.dead_letters
        with pytest.raises(RefusedForNow):
            layer.dead_letters.requeue(letter)
        client.config_set("maxmemory", "0")
    assert list(layer.dead_letters) == [letter]


@pytest.mark.parametrize("kind", ["redis", "shards", "encrypted"])
class TestLetters:
    def test_it_tells_what_it_was(self, make_redis_layer, kind):
        layer = make_redis_layer(kind)
        assert list(layer.dead_letters) == []
        bury(layer, "test", b"\xc1 nonsense")
        [letter] = layer.dead_letters
        assert letter.channel == "test"
        assert letter.message is None
        assert letter.data == b"\xc1 nonsense"
        assert letter.reason
        assert datetime.now(timezone.utc) - letter.since < timedelta(hours=1)

    def test_requeued_it_is_on_its_channel_again(self, make_redis_layer, kind):
        layer = make_redis_layer(kind)
        data = layer.commands.encrypt(b"\x81\xa5value\x01")
        key = layer.keys.dead_letters
        layer.nodes[layer.shard("test")].run(
            ("XADD", key, "*", "m", data, "c", "test", "r", "it killed")
        )
        [letter] = layer.dead_letters
        assert (letter.message, letter.reason) == ({"value": 1}, "it killed")
        layer.dead_letters.requeue(letter)
        assert list(layer.dead_letters) == []
        assert layer.receive(["test"]) == ("test", {"value": 1})

    def test_purged_it_is_gone_and_the_others_stay(self, make_redis_layer, kind):
        layer = make_redis_layer(kind)
        for channel in ("a", "b", "c"):
            bury(layer, channel, b"\xc1")
        letters = {letter.channel: letter for letter in layer.dead_letters}
        layer.dead_letters.purge(letters["b"])
        assert {letter.channel for letter in layer.dead_letters} == {"a", "c"}
        assert layer.receive(["b"]) == (None, None)


def test_a_requeued_letter_finds_room_on_a_full_channel(make_redis_layer):
    layer = make_redis_layer(capacity=1)
    layer.nodes[0].run(
        ("XADD", layer.keys.dead_letters, "*", "m", b"\x80", "c", "test", "r", "it killed")
    )
    layer.send("test", {"value": 1})
    [letter] = layer.dead_letters
    layer.dead_letters.requeue(letter)
    assert layer.receive(["test"]) == ("test", {"value": 1})
    assert layer.receive(["test"]) == ("test", {})


def test_a_letter_that_is_requeued_where_nobody_reads_does_not_stay_for_ever(redis_layer):
    [node] = redis_layer.nodes
    node.run(("XADD", redis_layer.keys.dead_letters, "*", "m", b"\x80", "c", "old", "r", "killed"))
    [letter] = redis_layer.dead_letters
    redis_layer.dead_letters.requeue(letter)
    left_ms = node.run(("PTTL", redis_layer.keys.stream("old")))
    assert 0 < left_ms <= redis_layer.expiry * 1000


def test_one_that_is_older_than_a_server_goes_where_its_channel_is_now(
    valkey, layer_on, redis_url, prefix
):
    before = layer_on(valkey, prefix=prefix)
    now = layer_on(hosts=[valkey.url, redis_url], prefix=prefix)
    channel = next(name for name in (f"test{n}" for n in range(99)) if now.shard(name) == 1)
    before.nodes[0].run(before.commands.dead_letter(channel, b"\x80", "it killed"))
    [letter] = now.dead_letters
    now.dead_letters.requeue(letter)
    assert list(now.dead_letters) == []
    assert now.receive([channel]) == (channel, {})


def test_one_that_cannot_be_removed_is_rather_sent_twice_than_not_at_all(
    valkey, layer_on, redis_url, prefix
):
    layer = layer_on(hosts=[valkey.url, redis_url], prefix=prefix)
    channel = next(name for name in (f"test{n}" for n in range(99)) if layer.shard(name) == 1)
    layer.nodes[0].run(layer.commands.dead_letter(channel, b"\x80", "it killed"))
    [letter] = layer.dead_letters
    valkey.kill()
    with pytest.raises(LayerUnavailable):
        layer.dead_letters.requeue(letter)
    assert layer.receive([channel]) == (channel, {})


def test_those_of_other_servers_come_before_the_error_about_an_absent_one(
    valkey, layer_on, redis_url, prefix
):
    layer = layer_on(hosts=[valkey.url, redis_url], prefix=prefix)
    layer.nodes[1].run(layer.commands.dead_letter("test", b"\x80", "it killed"))
    valkey.kill()
    letters = iter(layer.dead_letters)
    assert next(letters).message == {}
    with pytest.raises(LayerUnavailable, match=f"Redis at .*{valkey.port}"):
        next(letters)


def test_there_can_be_more_than_one_read_brings(redis_layer):
    for number in range(20):
        redis_layer.nodes[0].run(
            ("XADD", redis_layer.keys.dead_letters, "*", "m", b"", "c", f"c{number}", "r", "x")
        )
    letters = list(redis_layer.dead_letters)
    assert [letter.channel for letter in letters] == [f"c{number}" for number in range(20)]
    assert len({letter.id for letter in letters}) == 20


def test_few_large_ones_are_in_memory_at_once(redis_layer):
    size = 1024 * 1024
    entry = ("XADD", redis_layer.keys.dead_letters, "*", "m", bytes(size), "c", "a", "r", "x")
    redis_layer.nodes[0].execute([entry] * 30)
    tracemalloc.start()
    try:
        assert sum(1 for _ in redis_layer.dead_letters) == 30
        assert tracemalloc.get_traced_memory()[1] < 16 * size
    finally:
        tracemalloc.stop()


def test_what_comes_while_they_are_read_is_for_another_time(redis_layer):
    entry = ("XADD", redis_layer.keys.dead_letters, "*", "m", b"", "c", "a", "r", "x")
    redis_layer.nodes[0].execute([entry] * 20)
    for count, letter in enumerate(redis_layer.dead_letters, 1):
        redis_layer.dead_letters.purge(letter)
        redis_layer.nodes[0].run(entry)  # as a worker does that is given it again
        assert count <= 20
    assert count == 20
    assert len(list(redis_layer.dead_letters)) == 20


def test_one_is_had_by_its_id(redis_layer):
    entry = ("XADD", redis_layer.keys.dead_letters, "*", "m", b"\x80", "c", "test", "r", "x")
    redis_layer.nodes[0].run(entry)
    [letter] = redis_layer.dead_letters
    assert redis_layer.dead_letters.get(letter.id) == letter
    redis_layer.dead_letters.purge(letter)
    assert redis_layer.dead_letters.get(letter.id) is None


@pytest.mark.parametrize(
    "name", ["", "0", "0:", "0:1", "1:1-1", "-1:1-1", "0:+-1", f"0:{10**20}-1"]
)
def test_what_names_none_is_none(redis_layer, name):
    assert redis_layer.dead_letters.get(name) is None


def test_the_newest_are_kept(redis_layer, monkeypatch):
    monkeypatch.setattr("asgi_redis.commands.DEAD_LETTERS", 100)
    bad = ("XADD", redis_layer.keys.stream("test"), "*", "m", b"\xc1 nonsense")
    redis_layer.nodes[0].execute([bad] * 300)
    with closing(redis_layer.subscribe(["test"])) as worker:
        wait_until(lambda: last_read(redis_layer, worker), "all of them")
    letters = list(redis_layer.dead_letters)
    # Redis drops a hundred at a time.
    assert 100 <= len(letters) < 300


def last_read(layer, worker) -> bool:
    """Lets a worker read; returns whether nothing is left."""
    worker.turn([], [], 50)
    return layer.nodes[0].run(("XLEN", layer.keys.stream("test"))) == 0
