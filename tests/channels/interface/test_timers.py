"""Tests of channels.interface.timers."""

import pytest
from twisted.protocols.policies import TimeoutMixin

from channels.interface import timers as module
from channels.interface.timers import Timers
from tests.support.clock import Clock


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def calls():
    return []


def test_a_timer_calls_back_once_when_its_time_has_come(clock, calls):
    timers = Timers()
    timers.call_later(5, lambda: calls.append("called"))
    clock.now += 4.9
    timers.run_due()
    assert calls == []
    clock.now += 0.1
    timers.run_due()
    timers.run_due()
    assert calls == ["called"]


def test_a_cancelled_timer_stays_silent(clock, calls):
    timers = Timers()
    timer = timers.call_later(5, lambda: calls.append("called"))
    timer.cancel()
    timer.cancel()
    clock.now += 10
    timers.run_due()
    assert calls == []


def test_a_reset_timer_runs_from_then_on(clock, calls):
    timers = Timers()
    timer = timers.call_later(5, lambda: calls.append("called"))
    clock.now += 4
    timer.reset(5)
    clock.now += 4
    timers.run_due()
    assert calls == []
    clock.now += 1
    timers.run_due()
    assert calls == ["called"]


def test_a_timer_may_be_started_by_another(clock, calls):
    timers = Timers()
    timers.call_later(1, lambda: timers.call_later(1, lambda: calls.append("second")))
    for _ in range(2):
        clock.now += 1
        timers.run_due()
    assert calls == ["second"]


def test_one_that_fails_is_logged_and_stops_no_other(clock, calls, caplog):
    timers = Timers()
    timers.call_later(1, lambda: 1 / 0)
    timers.call_later(1, lambda: calls.append("called"))
    clock.now += 1
    timers.run_due()
    assert calls == ["called"]
    assert "division by zero" in caplog.text


def test_twisted_closes_an_idle_connection_by_them(clock, calls):
    class Connection(TimeoutMixin):
        def timeoutConnection(self):
            calls.append("closed")

    timers, connection = Timers(), Connection()
    connection.callLater = timers.call_later
    connection.setTimeout(60)
    clock.now += 59
    connection.resetTimeout()
    clock.now += 59
    timers.run_due()
    connection.setTimeout(None)  # a request
    clock.now += 1000
    timers.run_due()
    assert calls == []
    connection.setTimeout(60)
    clock.now += 60
    timers.run_due()
    assert calls == ["closed"]
