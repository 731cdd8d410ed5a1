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

    def test_a_reader_whose_time_began_again_has_waited_for_less(self):
        async def scenario():
            replies = Replies()
            reader = asyncio.ensure_future(replies.get())
            await asyncio.sleep(0.2)
            replies.restart()
            replies.check_overdue(0.1)
            replies.put({"number": 1})
            return await reader

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
