"""Messages whose consumers have run, and that are not done: the layer cannot do what is left."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from channels.alarms import alarms
from channels.layers.exceptions import LayerUnavailable
from channels.pending import Pending, Rest, send_pending

logger = logging.getLogger("django.channels")

# How many may wait in a process.
MOST = 1000
# The pauses between attempts are doubled up to this one: many that fail take time from others.
LAST_PAUSE_SECONDS = 2.0


class Postponed:
    """Tries again and again, while other messages run: they may need nothing of what is away."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether no more may wait."""
        return self._count >= MOST

    def add(
        self,
        pending: Pending,
        rest: Rest,
        settle: Callable[[], None],
        is_over: Callable[[], bool],
    ) -> None:
        """Has a message wait.

        Arguments:
            pending: what its consumer has sent; it leaves first.
            rest: what is done then.
            settle: called at the end.
            is_over: returns whether the worker stops; then another one gets the message.
        """

        def attempt(pause: float) -> None:
            if is_over():
                return
            try:
                finish(pending, rest)
            except LayerUnavailable:
                later = max(pause, min(2 * pause, LAST_PAUSE_SECONDS))
                alarms.set(later, partial(attempt, later))
                return
            settle()
            self._change(-1)

        self._change(1)
        alarms.set(rest.seconds, partial(attempt, rest.seconds))

    def _change(self, by: int) -> None:
        with self._lock:
            self._count += by
            if by > 0 and self._count == 1:
                logger.warning("Messages wait for a server of the channel layer; others run.")
            elif not self._count:
                logger.warning("No message waits for a server of the channel layer any more.")


def finish(pending: Pending, rest: Rest) -> None:
    """Does what is left of a message; raises LayerUnavailable if the layer still cannot."""
    send_pending(pending)
    rest.action()
