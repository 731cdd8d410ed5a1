"""The replies to one request, in the order in which workers sent them."""

from __future__ import annotations

import asyncio
from collections import deque

from channels.interface.messages import Content


class Replies:
    """A queue with one reader, which costs no task and no timer to wait at."""

    __slots__ = ("_messages", "_since", "_waiter")

    def __init__(self) -> None:
        self._messages: deque[Content | None] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._since = 0.0

    def put(self, message: Content | None) -> None:
        """Adds a reply; None says that the client has gone."""
        self._messages.append(message)
        self._wake()

    def empty(self) -> bool:
        """Returns whether there is nothing to read."""
        return not self._messages

    async def get(self) -> Content | None:
        """Returns the next reply.

        Raises:
            TimeoutError: `check_overdue` found that it has not come in time.
        """
        self.restart()
        while not self._messages:
            await self._wait()
        return self._messages.popleft()

    def restart(self) -> None:
        """Has the time of a `get` begin now."""
        self._since = asyncio.get_running_loop().time()

    def check_overdue(self, seconds: float) -> None:
        """Ends a `get` that has waited for longer than this."""
        if self._waiter is None or self._waiter.done():
            return
        if self._waiter.get_loop().time() - self._since > seconds:
            self._waiter.set_exception(TimeoutError())

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
