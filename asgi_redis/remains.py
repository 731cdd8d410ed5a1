"""What has been read of an inbox, and is still to be removed from it. No I/O here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asgi_redis.inbox import next_id
from asgi_redis.scripts import Command

# What may remain in an inbox that something is written to soon, by entries; and which part of its
# capacity that may be at the most.
MOST = 32
PART_OF_CAPACITY = 16
# A large one counts as many: one for each of so many bytes.
HEAVY_BYTES = 1024


class Remains:
    """Removes what was read together with something else, for it would be answered by itself.

    Arguments:
        key: the inbox.
        capacity: how many entries it may hold.
    """

    def __init__(self, key: str, capacity: int) -> None:
        self._key = key
        self._most = min(MOST, capacity // PART_OF_CAPACITY)
        self._weight = 0
        self._end = ""
        self._is_quiet = False

    def note(self, entries: Sequence[Any]) -> None:
        """Takes account of what a read brought: entries, [id, [field, value, …, the message]] each.

        Where that is nothing, nothing may be sent for long that a removal could go with.
        """
        self._is_quiet = not entries
        if entries:
            self._weight += sum(1 + len(fields[-1]) // HEAVY_BYTES for _, fields in entries)
            self._end = next_id(entries[-1][0].decode())

    def forget(self) -> None:
        """Leaves them: the next connection may lead to a Redis whose entries are others."""
        self._weight = 0

    def overdue(self) -> list[Command]:
        """Returns the command that removes them if they are many, or it is quiet; else none."""
        return self.removal() if self._is_quiet or self._weight > self._most else []

    def removal(self) -> list[Command]:
        """Returns the command that removes them if there are any; it is tried once."""
        if not self._weight:
            return []
        self.forget()
        return [("XTRIM", self._key, "MINID", self._end)]
