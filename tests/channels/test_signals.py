"""Tests of channels.signals: what receivers of the contract's signals are given."""

from contextlib import ExitStack

import pytest

from channels.layers.memory import InMemoryChannelLayer
from channels.signals import consumer_finished, consumer_started, worker_ready
from channels.worker import Worker
from tests.support.signals import connected
from tests.support.waiting import wait_until
from tests.support.workers import working, wrap


@pytest.fixture
def sent():
    """Notes (signal, sender, arguments) of the signals around consumers and workers."""
    found = []
    signals = {"started": consumer_started, "finished": consumer_finished, "ready": worker_ready}

    def receiver_of(name):
        def note(sender, signal, **kwargs):
            found.append((name, sender, kwargs))

        return note

    with ExitStack() as connections:
        for name, signal in signals.items():
            connections.enter_context(connected(signal, receiver_of(name)))
        yield found


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize("failing", [False, True])
def test_they_stand_around_every_consumer_call(sent, failing):
    def consumer(message):
        sent.append(("called", None, None))
        if failing:
            raise RuntimeError("as in any consumer")

    layer = InMemoryChannelLayer()
    layer.send("test", {})
    with working(layer, {"test": consumer}) as worker:
        wait_until(lambda: [name for name, *_ in sent].count("finished"), "the end of the call")
        assert isinstance(worker, Worker)
    assert [name for name, *_ in sent] == ["started", "called", "finished"]
    assert sent[0][1:] == (Worker, {"environ": {}})
    assert sent[2][1] is Worker


def test_a_worker_says_when_it_is_ready(sent):
    worker = Worker(wrap(InMemoryChannelLayer(), {}), signal_handlers=False)
    worker.ready()
    assert [(name, sender) for name, sender, _ in sent] == [("ready", worker)]
