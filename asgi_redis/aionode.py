"""One Redis server, as an event loop talks to it: many commands in one round trip."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from redis.exceptions import RedisError, ResponseError

from asgi_redis import scripts
from asgi_redis.errors import DRIVER_ERRORS, check_version, is_no_primary, unavailable
from asgi_redis.hosts import Place, Server
from asgi_redis.scripts import Command
from asgi_redis.wire import Wire
from channels.layers.exceptions import Unanswered

if sys.version_info >= (3, 11):
    from asyncio import timeout as time_limit
else:
    from async_timeout import timeout as time_limit  # redis-py needs it there too


class AsyncNode:
    """The connections to one server.

    Arguments:
        server: where they lead to.

    Attributes:
        era: connections of an earlier one are made again before they are used.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.era = 0
        self._place: Place = None

    def line(self, timeout: float) -> AsyncLine:
        """Returns a connection.

        Arguments:
            timeout: seconds that a read may take.
        """
        return AsyncLine(self, timeout)

    def renew(self) -> None:
        """Gives up the connections that there are: where one broke, others may be as dead."""
        self.era += 1

    async def follow(self) -> bool:
        """Gives up a primary that another has taken the place of, although it still answers.

        Returns:
            whether there was one.
        """
        place = await self.server.find_async()
        if not place or place == self._place:
            return False
        before, self._place = self._place, place
        self.renew()
        return before is not None


class AsyncLine:
    """One connection, made again when it breaks; tasks use it one after the other.

    Arguments:
        node: the server.
        timeout: seconds that a read may take.
    """

    def __init__(self, node: AsyncNode, timeout: float) -> None:
        self.address = node.server.address
        self._node = node
        self._timeout = timeout
        self._connection: Any = None
        self._wire: Wire | None = None
        self._era = 0
        self._free = asyncio.Lock()

    async def execute(self, commands: Sequence[Command]) -> list[Any]:
        """Runs commands in one round trip.

        Returns:
            their replies; for a command that the server refused, the ResponseError.

        Raises:
            LayerUnavailable: the server cannot be reached, or is not what it has to be.
            Unanswered: the connection broke, or stayed silent, after the commands were written.
        """
        async with self._free:
            was_told = False
            try:
                wire = self._usable() or await self._connect()
                was_told = True
                return await _exchange_with_scripts(wire, commands)
            except (*DRIVER_ERRORS, asyncio.TimeoutError) as error:
                self._node.renew()
                await self.close()
                failure = unavailable(self.address, error)
                raise Unanswered(str(failure)) if was_told else failure from error
            except asyncio.CancelledError:
                # Replies may be on their way that nobody will read.
                await self.close()
                raise

    async def run(self, command: Command) -> Any:
        """Runs one command; raises LayerUnavailable also when the server refuses it."""
        return self.expect(await self.execute([command]))[0]

    def expect(self, replies: list[Any]) -> list[Any]:
        """Returns replies none of which is an error; raises LayerUnavailable for the first."""
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise unavailable(self.address, reply) from reply
        return replies

    async def close(self) -> None:
        """Closes the connection."""
        connection, self._connection, self._wire = self._connection, None, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _connect(self) -> Wire:
        await self.close()
        self._era = self._node.era
        pool: Any = self._node.server.async_pool()
        try:
            async with time_limit(self._timeout):
                self._connection = await pool.get_connection()
            self._wire = Wire(self._connection, self._timeout)
            # Who may not load scripts can still run those that are there.
            info, *_ = await _exchange(self._wire, scripts.GREETING)
            check_version(self.address, info)
        except BaseException:
            await self.close()
            await pool.disconnect()  # an attempt that failed leaves no socket behind
            raise
        return self._wire

    def _usable(self) -> Wire | None:
        """Returns what is there if it is of this era, and nobody has ended it meanwhile."""
        wire = self._wire if self._era == self._node.era else None
        return wire if wire and wire.is_usable else None


async def _exchange_with_scripts(wire: Wire, commands: Sequence[Command]) -> list[Any]:
    """Runs commands, and again what failed because the server has forgotten our scripts."""
    replies = await _exchange(wire, commands)
    if again := scripts.again(commands, replies):
        scripts.complete(replies, await _exchange(wire, again))
    return replies


async def _exchange(wire: Wire, commands: Sequence[Command]) -> list[Any]:
    [data] = scripts.pack(commands)
    replies = await wire.exchange(data, len(commands))
    for reply in replies:
        if isinstance(reply, ResponseError) and not is_no_primary(reply):
            continue
        if isinstance(reply, RedisError):
            raise reply  # the next connection finds a primary, or one that has more to say
    return replies
