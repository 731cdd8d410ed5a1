"""Waiting for something that another process does."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], what: str, *, seconds: float = 30, pause: float = 0.02
) -> T:
    """Return the first true value of the condition.

    Args:
        condition: called again and again.
        what: names the thing that is waited for, for the failure.
        seconds: how long to wait; generous, because a machine may be slow.
        pause: seconds between two calls.

    Raises:
        AssertionError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)


async def eventually(condition: Callable[[], T], what: str, *, seconds: float = 30) -> T:
    """As `wait_until`, while the event loop goes on."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        await asyncio.sleep(0.01)
