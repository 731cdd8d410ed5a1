"""How much of the log somebody knows."""

import re
from typing import NamedTuple

# The name of a log as LogHead makes it, then at most 18 digits: what a database column holds.
_WRITTEN = re.compile(r"([A-Za-z0-9_-]{1,20}):([0-9]{1,18})", re.ASCII)


class BadPosition(ValueError):
    """A text is no position."""


class Position(NamedTuple):
    """Everything up to `seq` of the log named `epoch`; written as `epoch:seq`."""

    epoch: str
    seq: int

    @classmethod
    def parse(cls, text: object) -> "Position":
        """Read a position.

        Raises:
            BadPosition: it is none; the message says how to write one.
        """
        match = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise BadPosition(
                f"{text!r:.60} is no position: write epoch:seq as the server does, "
                "with a sequence of 0 or more."
            )
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"
