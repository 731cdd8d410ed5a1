"""Tests of asgi_redis.remains: when what was read of an inbox is removed from it."""

import pytest

from asgi_redis.remains import HEAVY_BYTES, MOST, PART_OF_CAPACITY, Remains


def entries(count: int, size: int = 10, start: int = 0) -> list:
    return [
        (b"7-%d" % number, [b"s", b"p!one", b"m", bytes(size)])
        for number in range(start, start + count)
    ]


@pytest.fixture
def remains():
    return Remains("inbox", MOST * PART_OF_CAPACITY)


def test_nothing_is_removed_where_nothing_was_read(remains):
    assert remains.removal() == remains.overdue() == []


def test_all_that_was_read_goes_at_once_and_only_once(remains):
    remains.note(entries(2))
    remains.note(entries(1, start=2))
    assert remains.removal() == [("XTRIM", "inbox", "MINID", "7-3")]
    assert remains.removal() == []


def test_a_few_can_stay_and_many_cannot(remains):
    remains.note(entries(MOST))
    assert remains.overdue() == []
    remains.note(entries(1, start=MOST))
    assert remains.overdue() == [("XTRIM", "inbox", "MINID", f"7-{MOST + 1}")]


def test_where_nothing_more_comes_none_stay(remains):
    remains.note(entries(1))
    assert remains.overdue() == []
    remains.note([])
    assert remains.overdue() == [("XTRIM", "inbox", "MINID", "7-1")]


def test_large_ones_count_by_their_bytes(remains):
    remains.note(entries(1, size=MOST * HEAVY_BYTES))
    assert remains.overdue()


@pytest.mark.parametrize(("capacity", "most"), [(PART_OF_CAPACITY - 1, 0), (100, 6)])
def test_where_there_is_little_room_fewer_can(capacity, most):
    remains = Remains("inbox", capacity)
    for number in range(most):
        remains.note(entries(1, start=number))
    assert remains.overdue() == []
    remains.note(entries(1, start=most))
    assert remains.overdue()


def test_what_is_forgotten_stays(remains):
    remains.note(entries(3))
    remains.forget()
    assert remains.removal() == []
