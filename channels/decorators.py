"""Decorators of consumers, written as what happens before and after the consumer."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction

from channels.db import database_sync_to_async
from channels.message import Message

Consumer = TypeVar("Consumer", bound=Callable[..., Any])


class SkipConsumer(Exception):
    """Raised by what happens before a consumer, to leave the consumer out."""


def around_consumer(
    surroundings: Callable[[Message], Iterator[None]],
) -> Callable[[Consumer], Consumer]:
    """Makes a decorator for consumers: functions, methods, classes and coroutine functions.

    Arguments:
        surroundings: a generator function that is given the message and yields once, while
            the consumer runs. It may use the database: around a coroutine function it runs
            in a thread.

    Returns:
        the decorator. What it decorates raises a ValueError when called without a message.
    """
    manager = contextmanager(surroundings)

    @functools.wraps(surroundings)
    def decorate(consumer: Any) -> Any:
        @functools.wraps(consumer)
        def inner(*args: Any, **kwargs: Any) -> Any:
            try:
                with manager(_message_among(args, decorate)):
                    return consumer(*args, **kwargs)
            except SkipConsumer:
                return None

        @functools.wraps(consumer)
        async def inner_async(*args: Any, **kwargs: Any) -> Any:
            try:
                async with _in_thread(manager(_message_among(args, decorate))):
                    return await consumer(*args, **kwargs)
            except SkipConsumer:
                return None

        return inner_async if iscoroutinefunction(consumer) else inner

    return cast("Callable[[Consumer], Consumer]", decorate)


def _message_among(args: tuple[Any, ...], decorator: Any) -> Message:
    # A method has its instance first.
    for arg in args[:2]:
        if isinstance(arg, Message):
            return arg
    raise ValueError(
        f"{decorator.__name__} called without Message instance: decorate a consumer with it."
    )


@asynccontextmanager
async def _in_thread(manager: AbstractContextManager[None]) -> AsyncIterator[None]:
    await database_sync_to_async(manager.__enter__)()
    try:
        yield
    except BaseException as error:
        leave = database_sync_to_async(manager.__exit__)
        if not await leave(type(error), error, error.__traceback__):
            raise
    else:
        await database_sync_to_async(manager.__exit__)(None, None, None)
