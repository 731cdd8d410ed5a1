"""Messages that no consumer can be given: kept until an operator decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from asgi_redis.commands import Commands
from asgi_redis.keys import shard
from asgi_redis.node import Node
from asgi_redis.pace import Pace
from channels.layers.exceptions import LayerUnavailable

# Index of the server, and id of the entry.
LETTER_ID = re.compile(r"([0-9]{1,4}):([0-9]{1,19}-[0-9]{1,19})")

Decode = Callable[[bytes], dict[str, Any]]


@dataclass(frozen=True)
class DeadLetter:
    """One of them.

    Arguments:
        id: names it for the operator.
        channel: where it was sent.
        reason: why it is here.
        since: when it came here.
        data: what was in Redis.
        stream: where it was in Redis; says whose channel it was if every machine has its own.
        decode: returns the message in an entry, or raises ValueError.
    """

    id: str
    channel: str
    reason: str
    since: datetime
    data: bytes = field(repr=False)
    stream: str
    decode: Decode = field(repr=False, compare=False)

    @property
    def message(self) -> dict[str, Any] | None:
        """Its content; None if it cannot be decoded."""
        try:
            return self.decode(self.data)
        except ValueError:
            return None


class DeadLetters:
    """The dead letters of a layer.

    Arguments:
        nodes: its servers.
        commands: its commands.
        decode: returns the message in an entry, or raises ValueError.
    """

    def __init__(self, nodes: Sequence[Node], commands: Commands, decode: Decode) -> None:
        self._nodes = nodes
        self._commands = commands
        self._decode = decode

    def __iter__(self) -> Iterator[DeadLetter]:
        """Yields all that there are now, server by server, oldest first.

        A few at a time are in memory, however many and large they are.

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

    def get(self, letter_id: str) -> DeadLetter | None:
        """Returns one of them, or None if there is none of this id."""
        found = LETTER_ID.fullmatch(letter_id)
        if found is None or int(found[1]) >= len(self._nodes):
            return None
        node, entry_id = self._place(letter_id)
        entries = self._range(node, entry_id, entry_id, 1)
        return self._letter(int(found[1]), *entries[0]) if entries else None

    def requeue(self, letter: DeadLetter) -> None:
        """Sends a letter to its channel again, whatever room that has, with fresh tries."""
        # Where its channel is now: the letter may be older than one of the servers.
        node = self._nodes[shard(letter.channel, len(self._nodes))]
        add = ("XADD", letter.stream, "*", "m", letter.data)
        node.expect(node.execute([add, self._commands.keep(letter.stream)]))
        # Last: should this fail, there are two of it instead of none.
        self.purge(letter)

    def purge(self, letter: DeadLetter) -> None:
        """Removes a letter for good."""
        node, entry_id = self._place(letter.id)
        node.run(("XDEL", self._commands.keys.dead_letters, entry_id))

    def _letters_on(self, index: int, node: Node) -> Iterator[DeadLetter]:
        # What is requeued may be back before all have been read; it is for another time.
        newest = node.run(("XREVRANGE", self._commands.keys.dead_letters, "+", "-", "COUNT", 1))
        end = newest[0][0].decode() if newest else "-"
        start, pace = "-", Pace()
        while entries := self._range(node, start, end, pace.begin()):
            for entry_id, fields in entries:
                yield self._letter(index, entry_id, fields)
            pace.follow([(entry_id, fields[:2]) for entry_id, fields in entries])
            start = f"({entries[-1][0].decode()}"

    def _range(self, node: Node, start: str, end: str, count: int) -> list[Any]:
        key = self._commands.keys.dead_letters
        entries: list[Any] = node.run(("XRANGE", key, start, end, "COUNT", count))
        return entries

    def _letter(self, index: int, entry_id: bytes, fields: Sequence[bytes]) -> DeadLetter:
        values = dict(zip(fields[::2], fields[1::2], strict=True))
        name = entry_id.decode()
        since = datetime.fromtimestamp(int(name.partition("-")[0]) / 1000, timezone.utc)
        reason = values[b"r"].decode("utf-8", "replace")
        channel = values[b"c"].decode()
        # Letters of before this was noted are this machine's.
        stream = values.get(b"s", self._commands.keys.stream(channel).encode()).decode()
        return DeadLetter(
            f"{index}:{name}", channel, reason, since, values[b"m"], stream, self._decode
        )

    def _place(self, letter_id: str) -> tuple[Node, str]:
        index, _, entry_id = letter_id.partition(":")
        return self._nodes[int(index)], entry_id
