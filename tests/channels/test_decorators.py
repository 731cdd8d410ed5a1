"""Tests of channels.decorators: what happens before and after a consumer."""

import asyncio
import inspect
import threading

import pytest

from channels.decorators import SkipConsumer, around_consumer
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message

# Around coroutine functions, database connections that are too old are closed.
pytestmark = pytest.mark.django_db


@pytest.fixture
def message() -> Message:
    return Message({"text": "hello"}, "websocket.receive", InMemoryChannelLayer())


@around_consumer
def noted(message):
    """Notes what happens."""
    message.events = ["before"]
    try:
        yield
    except LookupError:
        message.events.append("raised")
        raise
    message.events.append("after")


@around_consumer
def skipped(message):
    raise SkipConsumer
    yield


def test_a_function_is_surrounded(message):
    @noted
    def consumer(message, room):
        message.events.append(room)
        return "result"

    assert consumer(message, room="lobby") == "result"
    assert message.events == ["before", "lobby", "after"]


def test_a_method_is_surrounded(message):
    class Consumer:
        @noted
        def receive(self, message):
            return self

    consumer = Consumer()
    assert consumer.receive(message) is consumer
    assert message.events == ["before", "after"]


def test_a_coroutine_function_is_surrounded_and_stays_one(message):
    threads = []

    @around_consumer
    def in_thread(message):
        threads.append(threading.current_thread())
        yield
        threads.append(threading.current_thread())

    @noted
    @in_thread
    async def consumer(message):
        message.events.append("running")
        return "result"

    assert inspect.iscoroutinefunction(consumer)
    assert asyncio.run(consumer(message)) == "result"
    assert message.events == ["before", "running", "after"]
    assert threading.current_thread() not in threads


def test_what_the_consumer_raises_passes_through(message):
    @noted
    def consumer(message):
        raise LookupError("a mistake")

    @noted
    async def consumer_async(message):
        raise LookupError("a mistake")

    with pytest.raises(LookupError, match="a mistake"):
        consumer(message)
    assert message.events == ["before", "raised"]
    with pytest.raises(LookupError, match="a mistake"):
        asyncio.run(consumer_async(message))
    assert message.events == ["before", "raised"]


def test_the_consumer_can_be_left_out(message):
    ran = []

    @skipped
    def consumer(message):
        ran.append(message)

    @skipped
    async def consumer_async(message):
        ran.append(message)

    assert consumer(message) is None
    assert asyncio.run(consumer_async(message)) is None
    assert ran == []


def test_the_decorator_and_what_it_decorates_keep_their_names():
    @noted
    def consumer(message):
        """Consumes."""

    assert (noted.__name__, noted.__doc__) == ("noted", "Notes what happens.")
    assert (consumer.__name__, consumer.__doc__) == ("consumer", "Consumes.")


@pytest.mark.parametrize("args", [(), ("text",), (None, None, "message")])
def test_without_a_message_the_decorator_says_so(message, args):
    @noted
    def consumer(*args):
        """Consumes."""

    args = tuple(message if arg == "message" else arg for arg in args)
    with pytest.raises(ValueError, match="noted called without Message instance"):
        consumer(*args)
