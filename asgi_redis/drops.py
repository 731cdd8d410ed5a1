"""What the log is told of messages that were dropped."""

from __future__ import annotations

import logging
import threading
import time

logger = logging.getLogger(__name__)

# Where one message is dropped thousands may be; the log gets a line in this time.
LOG_SECONDS = 10.0


class Drops:
    """Counts what groups had to drop. The statistics have the whole number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._last = ("", "")
        self._logged_at = -LOG_SECONDS

    def note(self, receiver: str, count: int, reason: str) -> None:
        """Counts messages that a group, or a member of one, could not be given."""
        with self._lock:
            is_first = self._count == 0
            self._count += count
            self._last = (receiver, reason)
            wait = self._logged_at + LOG_SECONDS - time.monotonic()
        if wait <= 0:
            self._log()
        elif is_first:
            # There may be no next one to come with it.
            timer = threading.Timer(wait, self._log)
            timer.daemon = True
            timer.start()

    def _log(self) -> None:
        with self._lock:
            total, self._count = self._count, 0
            receiver, reason = self._last
            if not total:
                return
            self._logged_at = time.monotonic()
        logger.warning("Dropped %d messages to groups, the last to %s: %s", total, receiver, reason)
