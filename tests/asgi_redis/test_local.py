"""Tests of asgi_redis.local: one machine's messages stay with its workers."""

import asyncio
import socket
from contextlib import closing

import pytest

from asgi_redis import RedisLocalChannelLayer
from tests.support.mailboxes import Receiver, opened
from tests.support.waiting import eventually


@pytest.fixture
def machines(redis_url, prefix, monkeypatch):
    """Layers of two machines on one Redis."""
    layers = []
    for name in ("here", "there"):
        monkeypatch.setattr(socket, "gethostname", lambda name=name: name)
        layers.append(RedisLocalChannelLayer(hosts=[redis_url], prefix=prefix))
    yield layers
    for layer in layers:
        layer.nodes[0].close()


def test_worker_channels_are_the_machines_own(machines):
    here, there = machines
    here.send("test", {"value": 1})
    assert there.receive(["test"]) == (None, None)
    assert here.receive(["test"]) == ("test", {"value": 1})


def test_a_dead_letter_is_requeued_where_it_came_from(machines, monkeypatch):
    monkeypatch.setattr("asgi_redis.commands.MAX_TRIES", 1)
    here, there = machines
    here.send("test", {"value": 1})
    with closing(here.subscribe(["test"])) as worker:
        worker.turn([], [], 1)
        here.nodes[0].run(here.commands.hand_back("test", worker.worker, died=True))
    here.nodes[0].run(here.commands.dead_letter("test", b"\x80", "no message"))
    for letter in list(there.dead_letters):
        there.dead_letters.requeue(letter)
    assert there.receive(["test"]) == (None, None)
    assert here.receive(["test"]) == ("test", {"value": 1})
    assert here.receive(["test"]) == ("test", {})


def test_replies_and_groups_reach_every_machine(machines):
    here, there = machines
    receiver = Receiver()

    async def scenario():
        async with opened(here, receiver) as mailbox:
            channel = mailbox.new_channel()
            there.send(channel, {"value": 1})
            there.group_add("friends", channel)
            there.send_group("friends", {"value": 2})
            await eventually(lambda: receiver.direct and receiver.groups, "both messages")
            assert receiver.direct == [(channel, {"value": 1})]
            assert receiver.groups == [({channel}, {"value": 2})]

    asyncio.run(scenario())
