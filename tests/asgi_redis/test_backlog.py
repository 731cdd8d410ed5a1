"""Tests of asgi_redis.backlog: one server that is away delays nothing but what is for it."""

import logging

import pytest

import asgi_redis.backlog
from asgi_redis.backlog import Backlog
from asgi_redis.keys import shard
from channels.layers.exceptions import LayerUnavailable
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery
from tests.support.waiting import wait_until

NAMES = ("one", "two", "three", "four", "five", "six")
HERE = next(name for name in NAMES if shard(name, 2) == 0)
THERE = next(name for name in NAMES if shard(name, 2) == 1)
DONE = Delivery("work", {}, b"1-1", "1-1")


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    monkeypatch.setattr(asgi_redis.backlog, "RETRY_SECONDS", 0.05)


@pytest.fixture
def make_layer(valkey, redis_url, prefix, layer_on):
    """Makes layers over a server that stays and one of the test's own."""
    made = []

    def make(**options):
        made.append(layer_on(hosts=[redis_url, valkey.url], prefix=prefix, **options))
        return made[-1]

    return make


@pytest.fixture
def settled() -> list[Delivery]:
    return []


@pytest.fixture
def make_backlog(settled):
    made = []

    def make(layer) -> Backlog:
        made.append(Backlog(layer, settled.extend))
        return made[-1]

    yield make
    for backlog in made:
        backlog.close()


def to(channel: str, number: int) -> Outgoing:
    return Outgoing.to_channel(channel, {"number": number})


def waiting(backlog) -> int:
    """Returns how many messages others have to wait for."""
    return sum(backlog._counts.values())


def numbers(layer, channel: str) -> list[int]:
    """Returns what is on a channel."""
    found = []
    while (message := layer.receive([channel])[1]) is not None:
        found.append(message["number"])
    return found


def test_what_can_be_sent_is_and_is_settled_at_once(make_layer, make_backlog, settled):
    layer = make_layer()
    assert make_backlog(layer).send([to(HERE, 1), to(THERE, 2)], [DONE]) == []
    assert (numbers(layer, HERE), numbers(layer, THERE)) == ([1], [2])
    assert settled == [DONE]


def test_what_cannot_waits_in_order_and_is_settled_when_it_has_left(
    make_layer, make_backlog, settled, valkey
):
    layer = make_layer()
    backlog = make_backlog(layer)
    valkey.kill()
    assert backlog.send([to(HERE, 1), to(THERE, 2)], [DONE]) == []
    for number in (3, 4, 5):
        backlog.send([to(THERE, number)], [])
    backlog.send([to(HERE, 6)], [])
    assert numbers(layer, HERE) == [1, 6]
    assert settled == []
    valkey.start()
    wait_until(lambda: settled == [DONE], "the first to leave")
    found: list[int] = []
    wait_until(lambda: found.extend(numbers(layer, THERE)) or len(found) == 4, "all of them")
    assert found == [2, 3, 4, 5]


def test_what_finds_its_channel_full_later_is_tried_again(
    make_layer, make_backlog, settled, valkey
):
    layer = make_layer(capacity=1)
    valkey.kill()
    make_backlog(layer).send([to(THERE, 1), to(THERE, 2)], [DONE])
    valkey.start()
    for number in (1, 2):
        assert settled == []
        wait_until(lambda number=number: numbers(layer, THERE) == [number], f"number {number}")
    wait_until(lambda: settled == [DONE], "the end")


def test_others_wait_for_a_server_until_nothing_waits_for_it(make_layer, make_backlog, valkey):
    layer = make_layer(capacity=1)
    backlog = make_backlog(layer)
    valkey.kill()
    backlog.send([to(HERE, 0), *(to(THERE, number) for number in (1, 2, 3))], [DONE])
    assert waiting(backlog) == 3
    valkey.start()
    for number in (1, 2, 3):
        wait_until(lambda number=number: waiting(backlog) == 3 - number, f"{number} to leave")
        assert backlog._barred() == ({1} if number < 3 else set())
        assert numbers(layer, THERE) == [number]
    backlog.send([to(THERE, 4)], [])
    assert numbers(layer, THERE) == [4]


def test_what_has_expired_is_dropped_and_named(make_layer, make_backlog, settled, valkey, caplog):
    caplog.set_level(logging.WARNING, "asgi_redis")
    valkey.kill()
    backlog = make_backlog(make_layer(expiry=1))
    backlog.send([to(THERE, 1)], [DONE])
    wait_until(lambda: settled == [DONE], "the end")
    assert waiting(backlog) == 0
    assert "Replies have to wait, will keep trying: Redis at " in caplog.text
    assert "Dropped 1 messages: their server was away for too long." in caplog.text


def test_what_waits_at_the_end_is_named_and_not_settled(
    make_layer, make_backlog, settled, valkey, caplog
):
    backlog = make_backlog(make_layer())
    valkey.kill()
    backlog.send([to(THERE, 1), to(THERE, 2)], [DONE])
    backlog.close()
    assert "Stopped with 2 messages for servers that are away." in caplog.text
    assert settled == []


def test_only_so_much_may_wait(make_layer, make_backlog, settled, valkey, monkeypatch):
    monkeypatch.setattr(asgi_redis.backlog, "MOST_BYTES", 1000)
    layer = make_layer()
    backlog = make_backlog(layer)
    valkey.kill()
    backlog.send([Outgoing.to_channel(THERE, {"text": 1001 * "x"})], [])
    with pytest.raises(LayerUnavailable, match="bytes of replies wait for servers that are away"):
        backlog.send([to(HERE, 1), to(THERE, 2)], [DONE])
    assert (numbers(layer, HERE), settled) == ([], [])
    backlog.send([to(HERE, 3)], [])
    assert numbers(layer, HERE) == [3]
    valkey.start()
    wait_until(lambda: waiting(backlog) == 0, "the first to leave")
    backlog.send([to(HERE, 1), to(THERE, 2)], [DONE])
    assert (numbers(layer, HERE), settled) == ([1], [DONE])
