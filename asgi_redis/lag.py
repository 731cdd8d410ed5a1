"""How far the reader of an inbox is behind those who write to it. No I/O here."""

from __future__ import annotations

import math

# Who is further behind than this, in seconds, may have something unread that Redis could lose.
MOST = 0.02


class Lag:
    """Tells, of a Redis that has lost its memory, whether it may have had more than was read.

    All arguments are seconds of one clock, whose zero does not matter.

    Attributes:
        is_large: whether it may.
    """

    def __init__(self) -> None:
        self.is_large = False
        self._is_same_redis = False
        self._asked = 0.0
        self._answered = math.inf

    def ask(self, now: float) -> None:
        """Notes that more is asked for."""
        self._asked = now

    def answer(self, now: float, age: float) -> None:
        """Notes an answer; `age` is how long ago the last entry in it was written, or 0."""
        self._answered = now
        if self._is_same_redis:
            self.is_large = age > MOST

    def fail(self, now: float) -> None:
        """Notes that there was no answer, and that the next may come from another Redis."""
        was_busy = self._asked - self._answered > MOST
        was_heard = now - self._asked > MOST
        self.is_large = self.is_large or (was_busy and not was_heard)
        self._is_same_redis = False
        self._answered = math.inf

    def begin(self) -> None:
        """Notes that it is known from whom the next answers come."""
        if not self._is_same_redis:
            self.is_large = False
            self._is_same_redis = True
