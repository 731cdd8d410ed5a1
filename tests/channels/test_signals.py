"""Tests of channels.signals: what receivers of the contract's signals are given."""

import pytest

from channels.layers.memory import InMemoryChannelLayer
from channels.signals import consumer_finished, consumer_started, worker_ready
from channels.worker import Worker
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

    receivers = {name: receiver_of(name) for name in signals}
    for name, signal in signals.items():
        signal.connect(receivers[name])
    yield found
    for name, signal in signals.items():
        signal.disconnect(receivers[name])


@pytest.mark.parametrize("failing", [False, True])
def test_they_stand_around_every_consumer_call(sent, failing, monkeypatch):
    monkeypatch.setattr("channels.layers.memory.BLOCK_SECONDS", 0.05)

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
