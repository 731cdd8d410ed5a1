"""Tests of asgi_redis.lag: may a Redis have had more than was read?"""

import pytest

from asgi_redis.lag import MOST, Lag


@pytest.fixture
def lag() -> Lag:
    """A reader that has asked, was answered, and keeps up."""
    lag = Lag()
    lag.begin()
    lag.ask(0)
    lag.answer(1, age=0)
    return lag


def test_who_keeps_up_has_everything(lag):
    lag.ask(1 + MOST / 2)
    lag.fail(1 + MOST)
    assert not lag.is_large


def test_who_read_something_old_may_have_been_about_to_read_more(lag):
    lag.answer(1, age=2 * MOST)
    assert lag.is_large


def test_who_has_caught_up_has_everything(lag):
    lag.answer(1, age=2 * MOST)
    lag.answer(2, age=0)
    assert not lag.is_large


def test_who_took_long_and_could_not_ask_any_more_may_lack_something(lag):
    lag.ask(1 + 2 * MOST)
    lag.fail(1 + 2 * MOST)
    assert lag.is_large


def test_who_took_long_and_was_then_told_of_nothing_has_everything(lag):
    lag.ask(1 + 2 * MOST)
    lag.fail(1 + 4 * MOST)
    assert not lag.is_large


def test_attempts_at_a_redis_that_is_away_tell_nothing(lag):
    for second in (2, 3, 4):
        lag.fail(second)
        lag.ask(second)
    assert not lag.is_large


def test_what_the_next_redis_has_kept_tells_nothing_of_the_one_before(lag):
    lag.fail(2)
    lag.answer(3, age=2 * MOST)
    assert not lag.is_large


def test_nor_is_forgotten_what_the_one_before_told_until_somebody_has_asked(lag):
    lag.answer(1, age=2 * MOST)
    lag.fail(2)
    lag.answer(3, age=0)
    assert lag.is_large
    lag.begin()
    assert not lag.is_large


def test_a_heartbeat_in_between_changes_nothing(lag):
    lag.answer(1, age=2 * MOST)
    lag.begin()
    assert lag.is_large
