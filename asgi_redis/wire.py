"""The bytes of a connection that redis-py has made, in an event loop."""

from __future__ import annotations

import asyncio
from typing import Any

from hiredis import Reader
from redis.exceptions import ConnectionError as DriverConnectionError
from redis.exceptions import InvalidResponse

_MISSING = object()


class Wire(asyncio.Protocol):
    """Takes the place of asyncio's streams, which cost a wait for each piece of each reply.

    All replies of an exchange are one wait, and one timer limits very many waits.

    Arguments:
        connection: of redis-py's, on which nothing is under way.
        timeout: seconds that an exchange may take.
    """

    def __init__(self, connection: Any, timeout: float) -> None:
        self._timeout = timeout
        self._reader = Reader(
            protocolError=InvalidResponse,
            replyError=connection._parser.parse_error,
            notEnoughData=_MISSING,
        )
        self._replies: list[Any] = []
        self._count = 0
        self._waiter: asyncio.Future[list[Any]] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        # redis-py gives no other access to it.
        self._transport = connection._writer.transport
        self._transport.set_protocol(self)
        self.is_usable = not self._transport.is_closing()

    async def exchange(self, data: bytes, count: int) -> list[Any]:
        """Writes commands, and returns their replies.

        Arguments:
            data: the commands, as they go over the wire.
            count: how many they are.

        Raises:
            redis.exceptions.ConnectionError: the connection has come to its end.
            redis.exceptions.InvalidResponse: this is no Redis.
            asyncio.TimeoutError: there was no answer in time; the connection is of no use any more.
        """
        if not self.is_usable:
            raise _ended(None)
        self._count = count
        self._waiter = self._loop.create_future()
        self._limit()
        self._transport.write(data)
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def data_received(self, data: bytes) -> None:
        """Takes what the server sends."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets(False)) is not _MISSING:
                self._replies.append(reply)
        except Exception as error:  # what comes is not the protocol, whatever it is
            self._end(error)
            return
        if len(self._replies) >= self._count and self._waiter and not self._waiter.done():
            replies, self._replies = self._replies, []
            self._waiter.set_result(replies)
        elif self._waiter is None:
            self._end(_ended(None))  # nobody has asked

    def connection_lost(self, error: Exception | None) -> None:
        """Takes note of the end."""
        self._end(_ended(error))

    def _limit(self) -> None:
        self._deadline = self._loop.time() + self._timeout
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._look)

    def _look(self) -> None:
        self._timer = None
        left = self._deadline - self._loop.time()
        if self._waiter and left <= 0:
            self._end(asyncio.TimeoutError())
        elif self._waiter:
            self._timer = self._loop.call_later(left, self._look)

    def _end(self, error: BaseException) -> None:
        self.is_usable = False
        if self._timer:
            self._timer.cancel()
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(error)
        self._transport.abort()


def _ended(error: Exception | None) -> DriverConnectionError:
    return DriverConnectionError(f"the connection has ended{f': {error}' if error else ''}")
