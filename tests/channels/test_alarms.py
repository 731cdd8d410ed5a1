"""Tests of channels.alarms: things to do later."""

import logging
import threading
import weakref
from queue import Queue

from channels.alarms import Alarms
from tests.support.waiting import wait_until


def test_actions_are_called_in_the_order_of_their_time():
    alarms, called = Alarms(), Queue()
    alarms.set(0.2, lambda: called.put("second"))
    alarms.set(0.01, lambda: called.put("first"))
    assert [called.get(timeout=30) for _ in range(2)] == ["first", "second"]


def test_an_action_can_set_another():
    alarms, called = Alarms(), Queue()
    alarms.set(0, lambda: alarms.set(0, lambda: called.put("next")))
    assert called.get(timeout=30) == "next"


def test_all_actions_are_called_in_one_other_thread():
    alarms, called = Alarms(), Queue()
    for _ in range(2):
        alarms.set(0, lambda: called.put(threading.current_thread()))
    first, second = called.get(timeout=30), called.get(timeout=30)
    assert first is second
    assert first is not threading.current_thread()
    assert first.daemon


def test_an_action_that_fails_is_called_again_and_does_not_keep_others_waiting(caplog):
    alarms, called = Alarms(), Queue()

    def fail_twice():
        called.put("tried")
        if called.qsize() < 4:
            raise LookupError("a mistake")
        called.put("done")

    alarms.set(0, fail_twice)
    alarms.set(0.01, lambda: called.put("other"))
    wait_until(lambda: called.qsize() == 5, "three calls")
    assert [called.get() for _ in range(5)] == ["tried", "other", "tried", "tried", "done"]
    assert caplog.text.count("a mistake") == caplog.text.count("An alarm failed") + 1 == 2


def test_an_action_about_what_is_gone_is_no_error(caplog):
    class Thing:
        def act(self):
            """Never called."""

    thing = Thing()
    gone = weakref.proxy(thing)
    del thing
    alarms, called = Alarms(), Queue()
    caplog.set_level(logging.DEBUG)
    alarms.set(0, lambda: gone.act())
    alarms.set(0.01, lambda: called.put("next"))
    assert called.get(timeout=30) == "next"
    assert "ReferenceError" not in caplog.text
