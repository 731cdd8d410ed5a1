"""Tests of asgi_redis.drops: a flood of drops is no flood in the log."""

import logging

import pytest

from asgi_redis import drops
from asgi_redis.drops import Drops
from tests.support.waiting import wait_until


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "asgi_redis.drops")
    return lambda: [record.getMessage() for record in caplog.records]


def test_the_first_is_told_at_once_and_the_next_are_not(log, monkeypatch):
    monkeypatch.setattr(drops, "LOG_SECONDS", 3600)
    noted = Drops()
    for _ in range(1000):
        noted.note("friends", 2, "No room.")
    assert log() == ["Dropped 2 messages to groups, the last to friends: No room."]


def test_a_later_line_counts_all_since_the_one_before(log, monkeypatch):
    noted = Drops()
    for _ in range(3):
        noted.note("friends", 1, "No room.")
    monkeypatch.setattr(drops, "LOG_SECONDS", 0)
    noted.note("others", 5, "No room.")
    assert log()[1:] == ["Dropped 7 messages to groups, the last to others: No room."]


def test_the_rest_is_told_though_no_other_comes(log, monkeypatch):
    monkeypatch.setattr(drops, "LOG_SECONDS", 0.2)
    noted = Drops()
    for _ in range(1000):
        noted.note("friends", 1, "No room.")
    wait_until(lambda: sum(int(line.split()[1]) for line in log()) == 1000, "all of them")
    assert len(log()) >= 2
