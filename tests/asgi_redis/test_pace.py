"""Tests of asgi_redis.pace: how much is read from an inbox at once."""

import pytest

from asgi_redis.pace import FEWEST, MOST, READ_BYTES, Pace


def entries(count: int, size: int) -> list:
    return [(b"1-1", [b"g", b"group", b"m", bytes(size)]) for _ in range(count)]


def test_it_begins_with_few():
    assert Pace().count == FEWEST


def test_a_read_that_does_not_come_to_its_end_is_repeated_for_one():
    pace = Pace()
    pace.count = MOST
    assert [pace.begin(), pace.begin()] == [MOST, 1]
    pace.follow(entries(1, 100))
    assert pace.begin() == FEWEST


def test_many_small_ones_are_read_at_once_before_long():
    pace, counts = Pace(), []
    for _ in range(9):
        pace.follow(entries(pace.count, 100))
        counts.append(pace.count)
    assert counts == [8, 16, 32, 64, 128, 256, MOST, MOST, MOST]


@pytest.mark.parametrize("size", [READ_BYTES // 10, READ_BYTES // 2, READ_BYTES, 10 * READ_BYTES])
def test_large_ones_are_read_so_that_they_fit_or_one_by_one(size):
    pace = Pace()
    for _ in range(9):
        pace.follow(entries(pace.count, size))
    assert pace.count * size <= max(size, READ_BYTES)


def test_a_quiet_time_begins_anew():
    pace = Pace()
    pace.count = MOST
    pace.follow(entries(1, 100))
    assert pace.count == FEWEST


def test_small_ones_after_large_ones_come_in_numbers_again():
    pace = Pace()
    pace.count = 1
    for _ in range(9):
        pace.follow(entries(pace.count, 100))
    assert pace.count > 100
