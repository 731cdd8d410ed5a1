"""Tests of asgi_redis.sync_inbox beyond what every layer does with `receive`."""

import time

import pytest

from asgi_redis import sync_inbox
from asgi_redis.sync_inbox import SyncInboxes


@pytest.fixture
def inboxes(make_redis_layer):
    """The inboxes of a layer on which messages expire soon, without its own use of them."""
    layer = make_redis_layer(expiry=0.3)
    return layer, SyncInboxes(layer)


def test_what_is_put_back_comes_next(redis_layer):
    for name in ("first!a", "first!b"):
        redis_layer.send(name, {})
    inbox = SyncInboxes(redis_layer).get(0, "first!")
    channel, data = inbox.take(0)
    inbox.put_back(channel, data)
    assert [inbox.take(0)[0] for _ in range(2)] == ["first!a", "first!b"]


def test_names_that_nobody_uses_any_more_are_forgotten(inboxes):
    layer, known = inboxes
    for number in range(50):
        layer.send(f"ask{number}!1", {})
        known.get(0, f"ask{number}!").take(0)
    time.sleep(0.4)
    known.get(0, "last!")
    assert len(known) == 1


def test_what_was_read_ahead_and_has_expired_keeps_no_inbox(inboxes):
    layer, known = inboxes
    for name in ("first!a", "first!b"):
        layer.send(name, {})
    known.get(0, "first!").take(0)
    time.sleep(0.4)
    known.get(0, "last!")
    assert len(known) == 1


def test_an_inbox_with_members_stays(inboxes):
    layer, known = inboxes
    layer.group_add("friends", "first!a")
    known.get(0, "first!").take(0)
    time.sleep(0.4)
    known.get(0, "last!")
    assert known.get(0, "first!").members("friends") == ["first!a"]


def test_an_inbox_that_somebody_waits_at_stays(inboxes, monkeypatch):
    _, known = inboxes
    inbox = known.get(0, "first!")

    def read(wait_ms):
        time.sleep(0.4)
        known.get(0, "last!")

    monkeypatch.setattr(inbox, "_read", read)
    inbox.take(0)
    assert known.get(0, "first!") is inbox


def test_an_inbox_of_a_redis_that_has_come_back_empty_with_a_slower_clock_is_read(valkey, layer_on):
    layer = layer_on(valkey)
    ahead = int(time.time() * 1000) + 60_000
    key = layer.keys.inbox("first!")
    layer.nodes[0].run(("XADD", key, f"{ahead}-0", "s", "first!a", "m", b"\x80"))
    assert layer.receive(["first!"]) == ("first!a", {})
    valkey.restart()
    layer_on(valkey).send("first!b", {})
    received = [layer.receive(["first!"]) for _ in range(3)]
    assert ("first!b", {}) in received


def test_more_than_one_read_brings_arrive_in_order(redis_layer, monkeypatch):
    monkeypatch.setattr(sync_inbox, "READ_COUNT", 2)
    names = [f"first!{number}" for number in range(5)]
    for name in names:
        redis_layer.send(name, {})
    assert [redis_layer.receive(["first!"])[0] for _ in names] == names
