"""How many entries of an inbox to read at once: many small ones, few large ones. No I/O here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# What one read is to bring. All of it is in memory at once, and is written to the sockets before
# any of their clients can have read a part of it.
READ_BYTES = 256 * 1024
FEWEST, MOST = 4, 500


class Pace:
    """Follows what the reads bring.

    The size of entries is known only when they are here. So a read asks for no more than double
    of what the last one brought: a first large entry comes with few others.

    Attributes:
        count: how many entries the next read is to ask for.
    """

    def __init__(self) -> None:
        self.count = FEWEST

    def begin(self) -> int:
        """Returns how many entries to read; one if the last read has not come to its end.

        What one read brings may be more than can arrive before it is given up.
        """
        count, self.count = self.count, 1
        return count

    def follow(self, entries: Sequence[Any]) -> None:
        """Takes account of a read's entries: [id, [field, value, …, the message]] each."""
        size = sum(len(fields[-1]) for _, fields in entries)
        fitting = MOST if size <= READ_BYTES // 2 else len(entries) * READ_BYTES // size
        self.count = max(1, min(max(2 * len(entries), FEWEST), fitting, MOST))
