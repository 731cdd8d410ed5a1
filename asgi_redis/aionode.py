"""One Redis server, as an event loop talks to it: many commands in one round trip."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError, ResponseError

from asgi_redis import scripts
from asgi_redis.errors import DRIVER_ERRORS, check_version, is_no_primary, unavailable
from asgi_redis.hosts import Place, Server
from asgi_redis.scripts import Command
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
                # One limit for all of it: redis-py's own would cost a task and a timer a reply.
                async with time_limit(self._timeout):
                    await self._connect()
                    was_told = True
                    return await _exchange_with_scripts(self._connection, commands)
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
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def _connect(self) -> None:
        if self._connection is not None and not await self._is_usable():
            await self.close()
        if self._connection is not None:
            return
        era = self._node.era
        pool: Any = self._node.server.async_pool()
        try:
            connection = await pool.get_connection()
            check_version(self.address, (await _exchange(connection, [("INFO", "server")]))[0])
        except BaseException:
            await pool.disconnect()  # an attempt that failed leaves no socket behind
            raise
        self._connection, self._era = connection, era

    async def _is_usable(self) -> bool:
        """Returns whether the connection is of this era, and nobody has ended it meanwhile."""
        # Between commands there is nothing to read but an end, which has arrived: nobody is asked.
        return self._era == self._node.era and not await self._connection.can_read()


async def _exchange_with_scripts(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """Runs commands, and runs again what failed because the server did not know our scripts."""
    replies = await _exchange(connection, commands)
    missing = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
    if missing:
        again = [script.load for script in scripts.ALL] + [commands[i] for i in missing]
        late = (await _exchange(connection, again))[len(scripts.ALL) :]
        for i, reply in zip(missing, late, strict=True):
            replies[i] = reply
    return replies


async def _exchange(connection: Any, commands: Sequence[Command]) -> list[Any]:
    await connection.send_packed_command(scripts.pack(commands), check_health=False)
    replies = []
    for _ in commands:
        try:
            replies.append(await connection.read_response(disable_decoding=True))
        except ResponseError as error:
            if is_no_primary(error):
                raise  # the next connection finds the one that is
            replies.append(error)
    return replies
