"""Tests of channels.interface.replies."""

import asyncio

import pytest

from channels.interface.replies import Replies


def test_replies_come_in_order():
    async def scenario():
        replies = Replies()
        assert replies.empty()
        replies.put({"number": 1})
        replies.put(None)
        assert not replies.empty()
        return [await replies.get(), await replies.get()]

    assert asyncio.run(scenario()) == [{"number": 1}, None]


def test_a_reader_waits_for_the_next():
    async def scenario():
        replies = Replies()
        reader = asyncio.ensure_future(replies.get())
        await asyncio.sleep(0)
        assert not reader.done()
        replies.put({"number": 1})
        replies.put({"number": 2})
        return await reader, await replies.get()

    assert asyncio.run(scenario()) == ({"number": 1}, {"number": 2})


def test_a_reader_that_is_cancelled_takes_nothing_with_it():
    async def scenario():
        replies = Replies()
        reader = asyncio.ensure_future(replies.get())
        await asyncio.sleep(0)
        reader.cancel()
        replies.put({"number": 1})
        await asyncio.gather(reader, return_exceptions=True)
        return await replies.get()

    assert asyncio.run(scenario()) == {"number": 1}


class TestPause:
    def test_it_ends_after_its_time(self):
        asyncio.run(Replies().pause(0.01))

    def test_it_ends_when_there_is_something_to_read(self):
        async def scenario():
            replies = Replies()
            pause = asyncio.ensure_future(replies.pause(600))
            await asyncio.sleep(0)
            replies.put({"number": 1})
            await pause
            await replies.pause(600)  # it is still there
            return await replies.get()

        assert asyncio.run(scenario()) == {"number": 1}

    def test_it_is_never_overdue(self):
        async def scenario():
            replies = Replies()
            pause = asyncio.ensure_future(replies.pause(0.05))
            await asyncio.sleep(0.01)
            replies.check_overdue(0)
            await pause

        asyncio.run(scenario())


class TestWhileEmpty:
    def test_a_task_that_ends_first_has_its_result(self):
        async def scenario():
            task = asyncio.ensure_future(asyncio.sleep(0.01, "result"))
            assert await Replies().while_empty(task)
            return task.result()

        assert asyncio.run(scenario()) == "result"

    def test_one_that_does_not_is_cancelled(self):
        async def scenario():
            replies = Replies()
            task = asyncio.ensure_future(asyncio.sleep(600))
            waiting = asyncio.ensure_future(replies.while_empty(task))
            await asyncio.sleep(0)
            replies.put({"number": 1})
            assert not await waiting
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            return await replies.get()

        assert asyncio.run(scenario()) == {"number": 1}


class TestOverdue:
    def test_a_reader_that_waited_too_long_is_told(self):
        async def scenario():
            replies = Replies()
            reader = asyncio.ensure_future(replies.get())
            await asyncio.sleep(0.01)
            replies.check_overdue(30)
            assert not reader.done()
            replies.check_overdue(0)
            with pytest.raises(TimeoutError):
                await reader
            replies.put({"number": 1})
            return await replies.get()

        assert asyncio.run(scenario()) == {"number": 1}

    def test_nobody_is_told_who_does_not_wait(self):
        async def scenario():
            replies = Replies()
            replies.check_overdue(0)
            reader = asyncio.ensure_future(replies.get())
            await asyncio.sleep(0.01)
            replies.put({"number": 1})
            replies.check_overdue(0)
            return await reader

        assert asyncio.run(scenario()) == {"number": 1}
