"""One Redis server, as blocking code talks to it: many commands in one round trip."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as DriverTimeoutError

from asgi_redis import scripts
from asgi_redis.errors import DRIVER_ERRORS, check_version, is_no_primary, unavailable
from asgi_redis.hosts import TIMEOUT_SECONDS, Place, Server
from asgi_redis.outage import Outage
from asgi_redis.scripts import Command
from channels.layers.exceptions import LayerUnavailable

# How often whoever uses a server asks whether it is still the primary.
FOLLOW_SECONDS = 2.0


class Node:
    """Any number of threads may use it.

    Arguments:
        server: where it is.

    Attributes:
        era: connections of an earlier one are made again before they are used.
        away: what went wrong when the server was last asked; None if it answered.
    """

    def __init__(self, server: Server) -> None:
        self.address = server.address
        self.era = 0
        self.away: LayerUnavailable | None = None
        self._server = server
        self._pool = server.sync_pool(TIMEOUT_SECONDS)
        self._eras: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._greeted: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        self._place: Place = None
        self._follow_at = 0.0
        self._hangs = False
        self._retry_at = 0.0

    def execute(self, commands: Sequence[Command]) -> list[Any]:
        """Runs commands in one round trip.

        Returns:
            their replies; for a command that the server refused, the ResponseError.

        Raises:
            LayerUnavailable: the server cannot be reached, or is not what it has to be.
        """
        self._spare()
        self._follow()
        try:
            connection: Any = self._pool.get_connection()
        except DRIVER_ERRORS as error:
            raise self.lose(error) from error
        try:
            self._refresh(connection)
            self.greet(connection)
            replies = exchange(connection, commands)
        except DRIVER_ERRORS as error:
            connection.disconnect()
            raise self.lose(error) from error
        finally:
            self._pool.release(connection)
        self.away = None
        return replies

    def run(self, command: Command) -> Any:
        """Runs one command; raises LayerUnavailable also when the server refuses it."""
        return self.expect(self.execute([command]))[0]

    def expect(self, replies: list[Any]) -> list[Any]:
        """Returns replies none of which is an error; raises LayerUnavailable for the first."""
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise unavailable(self.address, reply) from reply
        return replies

    def line(self, timeout: float, name: str) -> Line:
        """Returns a connection for a worker to wait on.

        Arguments:
            timeout: seconds that a read may take.
            name: by which the server lists the connection.
        """
        return Line(self, self._server.sync_pool(timeout, client_name=name))

    def greet(self, connection: Any) -> None:
        """Makes sure, once, that a connection's server is new enough and knows our scripts."""
        # The pool makes connections again that the server has ended, and tells nobody.
        if self._greeted.get(connection) is connection._sock:
            return
        info, *_ = exchange(connection, scripts.GREETING)
        # Who may not load scripts can still run those that are there.
        check_version(self.address, info)
        self._greeted[connection] = connection._sock

    def lose(self, error: BaseException) -> LayerUnavailable:
        """Gives up the connections that there are: where one broke, others may be as dead.

        Returns:
            what to raise.
        """
        self.era += 1
        self.away = unavailable(self.address, error)
        self._hangs = isinstance(error, DriverTimeoutError)
        self._retry_at = 0.0
        return self.away

    def close(self) -> None:
        """Closes all connections but the lines."""
        self._pool.disconnect()
        self._server.close()

    def _spare(self) -> None:
        """Lets one caller at a time try a server that hangs; to the others it is away."""
        away, now = self.away, time.monotonic()
        if away is None or not self._hangs:
            return
        if now < self._retry_at:
            raise away.with_traceback(None)
        self._retry_at = now + TIMEOUT_SECONDS

    def _follow(self) -> None:
        """Gives up a primary that another has taken the place of, although it still answers."""
        if time.monotonic() < self._follow_at:
            return
        # Set first, so that other threads do not ask meanwhile: redis-py sorts its sentinels then.
        self._follow_at = time.monotonic() + FOLLOW_SECONDS
        place = self._server.find()
        if place and place != self._place:
            self._place = place
            self.era += 1

    def _refresh(self, connection: Any) -> None:
        """Makes a connection again if it is of an earlier era."""
        if self._eras.setdefault(connection, self.era) != self.era:
            connection.disconnect()
            connection.connect()
            self._eras[connection] = self.era


class Line:
    """A connection that one thread keeps, so that it can wait on it; made again when it breaks.

    Arguments:
        node: the server.
        pool: makes the connection.
    """

    def __init__(self, node: Node, pool: redis.ConnectionPool) -> None:
        self._node = node
        self._pool = pool
        self._connection: Any = None
        self._era = 0
        self._client_id = 0
        self._posted: list[Command] = []
        # What was posted and refused.
        self.refused: list[Command] = []
        self._delay = Outage("This worker cannot end a wait, and may be a second late")

    def execute(self, commands: Sequence[Command]) -> list[Any]:
        """As `Node.execute`."""
        self.write(commands)
        return self.read(commands)

    def post(self, commands: Sequence[Command]) -> None:
        """Sends commands that nobody waits for, and that may be run twice.

        They are answered with what is sent next, or sent again over the next connection.
        """
        self.write(commands)
        self._posted += commands

    def unanswered(self) -> list[Command]:
        """Returns what was posted and not done, for somebody else, and gives the connection up.

        Answers to that, or to a wait that was left, may be on their way, and would pass for others.
        """
        self.close()
        posted, self._posted, self.refused = [*self.refused, *self._posted], [], []
        return posted

    def write(self, commands: Sequence[Command]) -> None:
        """Sends commands; `read` must follow."""
        try:
            self._connect()
            _write(self._connection, commands)
        except DRIVER_ERRORS as error:
            raise self._broken(error) from error

    def read(self, commands: Sequence[Command]) -> list[Any]:
        """Returns the replies to what was sent last."""
        try:
            self._take_answers(_read(self._connection, self._posted))
            return _with_scripts(self._connection, commands, _read(self._connection, commands))
        except DRIVER_ERRORS as error:
            raise self._broken(error) from error

    def fileno(self) -> int:
        """Returns the connection's socket, for a selector."""
        return int(self._connection._sock.fileno())

    def interrupt(self) -> None:
        """Makes a blocking command that was written return at once.

        Without the right to do that it returns when its time is over, and the log says so.
        """
        [reply] = self._node.execute([("CLIENT", "UNBLOCK", self._client_id)])
        if isinstance(reply, ResponseError):
            self._delay.meet(unavailable(self._node.address, reply))
        else:
            self._delay.end()

    def close(self) -> None:
        """Closes the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
            # The pool counts what it has given away, and gives away no more than a number.
            self._pool.release(connection)

    def _connect(self) -> None:
        if self._era != self._node.era:
            self.close()
        if self._connection is None:
            self._era = self._node.era
            self._connection = self._pool.get_connection()
            try:
                self._node.greet(self._connection)
                self._introduce()
            except BaseException:
                self.close()  # or the next to write would take it for one that is ready
                raise

    def _introduce(self) -> None:
        commands = [("CLIENT", "ID"), *self._posted]
        client_id, *answers = exchange(self._connection, commands)
        if isinstance(client_id, ResponseError):
            raise client_id
        self._client_id = client_id
        self._take_answers(answers)

    def _take_answers(self, replies: Sequence[Any]) -> None:
        """Takes what became of what was posted."""
        answered = zip(self._posted, replies, strict=True)
        self.refused += [command for command, reply in answered if isinstance(reply, ResponseError)]
        self._posted = []

    def _broken(self, error: BaseException) -> Exception:
        self.close()
        return self._node.lose(error)


def exchange(connection: Any, commands: Sequence[Command]) -> list[Any]:
    """Runs commands on a connection in one round trip, and loads the scripts if need be."""
    _write(connection, commands)
    return _with_scripts(connection, commands, _read(connection, commands))


def _with_scripts(connection: Any, commands: Sequence[Command], replies: list[Any]) -> list[Any]:
    """Runs again what failed because the server has forgotten our scripts since it was greeted."""
    if again := scripts.again(commands, replies):
        _write(connection, again)
        scripts.complete(replies, _read(connection, again))
    return replies


def _write(connection: Any, commands: Sequence[Command]) -> None:
    connection.send_packed_command(scripts.pack(commands), check_health=False)


def _read(connection: Any, commands: Sequence[Command]) -> list[Any]:
    replies = []
    for _ in commands:
        try:
            replies.append(connection.read_response(disable_decoding=True))
        except ResponseError as error:
            if is_no_primary(error):
                raise  # the next connection finds the one that is
            replies.append(error)
    return replies
