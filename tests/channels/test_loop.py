"""Tests of channels.loop: coroutines of a worker, in a thread of their own."""

import asyncio
import sys
import threading

import pytest

from channels import loop
from channels.loop import CoroutineLoop


@pytest.fixture
def coroutines():
    coroutines = CoroutineLoop()
    yield coroutines
    coroutines.close()


def nothing() -> None:
    """For a coroutine whose end interests nobody."""


def test_coroutines_run_together_in_one_other_thread(coroutines):
    threads, together = set(), asyncio.Event()
    done = threading.Barrier(3, timeout=30)

    async def wait():
        threads.add(threading.get_ident())
        await together.wait()

    async def release():
        threads.add(threading.get_ident())
        together.set()

    coroutines.start(wait(), done.wait)
    coroutines.start(release(), done.wait)
    done.wait()
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_what_is_done_afterwards_does_not_hold_up_the_others(coroutines):
    running, go_on = threading.Event(), threading.Event()

    async def short():
        """Ends at once."""

    async def other():
        running.set()

    coroutines.start(short(), lambda: go_on.wait(30))
    coroutines.start(other(), nothing)
    assert running.wait(30)
    go_on.set()


def test_closing_waits_for_those_that_run():
    coroutines, ended = CoroutineLoop(), []

    async def run():
        await asyncio.sleep(0.05)
        ended.append("coroutine")

    coroutines.start(run(), lambda: ended.append("done"))
    coroutines.close()
    assert ended == ["coroutine", "done"]


def test_one_that_was_never_used_has_no_thread():
    before = threading.active_count()
    CoroutineLoop().close()
    assert threading.active_count() == before


def test_when_very_many_run_the_next_has_to_wait(monkeypatch):
    monkeypatch.setattr(loop, "MAX_RUNNING", 2)
    coroutines = CoroutineLoop()
    ends = asyncio.Event()
    started = []

    async def wait(number):
        started.append(number)
        await ends.wait()

    async def end():
        ends.set()

    for number in range(2):
        coroutines.start(wait(number), nothing)
    third = threading.Thread(target=coroutines.start, args=[end_after(ends, started), nothing])
    third.start()
    third.join(0.1)
    assert third.is_alive()
    asyncio.run_coroutine_threadsafe(end(), coroutines._loop).result(30)
    third.join(30)
    assert not third.is_alive()
    coroutines.close()
    assert started == [0, 1, "third"]


async def end_after(ends, started):
    started.append("third")


def test_a_task_that_ends_the_process_ends_no_others(coroutines, caplog):
    ended = threading.Barrier(2, timeout=30)

    async def run():
        task = asyncio.ensure_future(leave())
        await asyncio.sleep(0)
        assert task.done()

    async def leave():
        sys.exit("enough")

    for _ in range(2):
        coroutines.start(run(), ended.wait)
        ended.wait()
    assert caplog.text.count("Error in a task of a coroutine consumer:") == 2


def test_a_coroutine_that_raises_is_done_all_the_same(coroutines):
    done = threading.Event()

    async def run():
        raise GeneratorExit

    coroutines.start(run(), done.set)
    assert done.wait(30)


def test_what_fails_after_a_coroutine_is_logged_and_frees_its_place(monkeypatch, caplog):
    monkeypatch.setattr(loop, "MAX_RUNNING", 1)
    coroutines = CoroutineLoop()
    for _ in range(2):
        coroutines.start(asyncio.sleep(0), lambda: 1 / 0)
    coroutines.close()
    assert caplog.text.count("ZeroDivisionError") == 2
