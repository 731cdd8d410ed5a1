"""Messages that no consumer can be given: kept until an operator decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from asgi_redis.commands import Commands
from asgi_redis.keys import shard
from asgi_redis.node import Node
from channels.layers.exceptions import LayerUnavailable

READ_COUNT = 500


class DeadLetter(NamedTuple):
    """One of them.

    Fields:
        id: names it for the operator.
        channel: where it was sent.
        reason: why it is here.
        since: when it came here.
        message: its content; None if it cannot be decoded.
        data: what was in Redis.
        stream: where it was in Redis; says whose channel it was if every machine has its own.
    """

    id: str
    channel: str
    reason: str
    since: datetime
    message: dict[str, Any] | None
    data: bytes
    stream: str


class DeadLetters:
    """The dead letters of a layer.

    Arguments:
        nodes: its servers.
        commands: its commands.
        decode: returns the message in an entry, or raises ValueError.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        commands: Commands,
        decode: Callable[[bytes], dict[str, Any]],
    ) -> None:
        self._nodes = nodes
        self._commands = commands
        self._decode = decode

    def __iter__(self) -> Iterator[DeadLetter]:
        """Yields all of them, server by server, oldest first.

        Raises:
            LayerUnavailable: a server does not answer; after the letters on those that do.
        """
        failures: list[LayerUnavailable] = []
        for index, node in enumerate(self._nodes):
            try:
                yield from self._letters_on(index, node)
            except LayerUnavailable as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def requeue(self, letter: DeadLetter) -> None:
        """Sends a letter to its channel again, whatever room that has, with fresh tries."""
        # Where its channel is now: the letter may be older than one of the servers.
        node = self._nodes[shard(letter.channel, len(self._nodes))]
        node.expect(
            node.execute(
                [
                    ("XADD", letter.stream, "*", "m", letter.data),
                    # Where readers keep the stream it has an expiry, and a longer one.
                    self._commands.let_expire(letter.stream),
                    ("PEXPIRE", letter.stream, self._commands.expiry_ms, "GT"),
                ]
            )
        )
        # Last: should this fail, there are two of it instead of none.
        self.purge(letter)

    def purge(self, letter: DeadLetter) -> None:
        """Removes a letter for good."""
        node, entry_id = self._place(letter.id)
        node.run(("XDEL", self._commands.keys.dead_letters, entry_id))

    def _letters_on(self, index: int, node: Node) -> Iterator[DeadLetter]:
        start = "-"
        while entries := self._range(node, start):
            for entry_id, fields in entries:
                yield self._letter(index, entry_id, fields)
            start = f"({entries[-1][0].decode()}"

    def _range(self, node: Node, start: str) -> list[Any]:
        key = self._commands.keys.dead_letters
        entries: list[Any] = node.run(("XRANGE", key, start, "+", "COUNT", READ_COUNT))
        return entries

    def _letter(self, index: int, entry_id: bytes, fields: Sequence[bytes]) -> DeadLetter:
        values = dict(zip(fields[::2], fields[1::2], strict=True))
        data = values[b"m"]
        try:
            message = self._decode(data)
        except ValueError:
            message = None
        name = entry_id.decode()
        since = datetime.fromtimestamp(int(name.partition("-")[0]) / 1000, timezone.utc)
        reason = values[b"r"].decode("utf-8", "replace")
        channel = values[b"c"].decode()
        # Letters of before this was noted are this machine's.
        stream = values.get(b"s", self._commands.keys.stream(channel).encode()).decode()
        return DeadLetter(f"{index}:{name}", channel, reason, since, message, data, stream)

    def _place(self, letter_id: str) -> tuple[Node, str]:
        index, _, entry_id = letter_id.partition(":")
        return self._nodes[int(index)], entry_id
