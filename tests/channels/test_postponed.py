"""Tests of channels.postponed: what the layer cannot do now is done later; others run meanwhile."""

import time

import pytest

from channels.layers.exceptions import LayerUnavailable
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from channels.pending import Pending, Rest
from channels.postponed import Postponed
from tests.support.waiting import wait_until


class Task:
    """Something that fails a few times.

    Attributes:
        attempts: how often it was tried.
        is_done: whether its message was settled.
    """

    def __init__(self, failures: int = 0) -> None:
        self.attempts = 0
        self.is_done = False
        self._failures = failures

    @property
    def rest(self) -> Rest:
        return Rest(self._try, 0.01)

    def settle(self) -> None:
        self.is_done = True

    def _try(self) -> None:
        self.attempts += 1
        if self.attempts <= self._failures:
            raise LayerUnavailable


@pytest.fixture
def postponed() -> Postponed:
    return Postponed()


def never() -> bool:
    return False


def test_it_is_tried_until_it_succeeds_and_the_message_is_settled_then(postponed, caplog):
    task = Task(failures=2)
    postponed.add(Pending(), task.rest, task.settle, never)
    wait_until(lambda: task.is_done, "the message to be settled")
    assert task.attempts == 3
    wait_until(lambda: "any more" in caplog.text, "the log to say that it is over")
    assert len(caplog.records) == 2


def test_what_the_consumer_sent_leaves_first(postponed):
    layer, pending, seen = InMemoryChannelLayer(), Pending(), []
    pending.append((layer, Outgoing.to_channel("out", {})))
    task = Task()
    postponed.add(
        pending, Rest(lambda: seen.append(layer.receive(["out"])[0]), 0.01), task.settle, never
    )
    wait_until(lambda: task.is_done, "the message to be settled")
    assert seen == ["out"]


def test_a_worker_that_stops_leaves_it_to_another(postponed):
    task = Task()
    postponed.add(Pending(), task.rest, task.settle, lambda: True)
    time.sleep(0.1)
    assert not (task.is_done or task.attempts)


def test_no_more_wait_than_memory_may_hold(postponed, monkeypatch):
    monkeypatch.setattr("channels.postponed.MOST", 1)
    assert not postponed.is_full
    task = Task(failures=10**6)
    postponed.add(Pending(), task.rest, task.settle, never)
    assert postponed.is_full
