"""Timers that are exact to a second, and cost next to nothing to start and to cancel.

Twisted starts and cancels one for each request, to close connections that have become idle.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class Timer:
    """As much of Twisted's IDelayedCall as its protocols use.

    Arguments:
        timers: those it is one of while it runs.
        due: when to call, on the monotonic clock.
        callback: what to call.
    """

    __slots__ = ("_timers", "callback", "due")

    def __init__(self, timers: set[Timer], due: float, callback: Callable[[], object]) -> None:
        self._timers = timers
        self.due = due
        self.callback = callback
        timers.add(self)

    def cancel(self) -> None:
        """Stops the timer."""
        self._timers.discard(self)

    def reset(self, seconds: float) -> None:
        """Lets it run for so long from now on."""
        self.due = time.monotonic() + seconds


class Timers:
    """All timers of a process; someone has to call `run_due` every INTERVAL_SECONDS."""

    def __init__(self) -> None:
        self._timers: set[Timer] = set()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Returns a timer that calls back once, at most INTERVAL_SECONDS late."""
        return Timer(self._timers, time.monotonic() + seconds, callback)

    def run_due(self) -> None:
        """Calls back whose time has come."""
        now = time.monotonic()
        for timer in [timer for timer in self._timers if timer.due <= now]:
            self._timers.discard(timer)
            try:
                timer.callback()
            except Exception:  # what one connection does wrong must not stop the clock of others
                logger.exception("Error in a timer:")
