"""Things to do later in this process, whatever its other threads do."""

from __future__ import annotations

import logging
import sched
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

logger = logging.getLogger("django.channels")


# The pauses after failures: the first, and the one that they are doubled up to.
FIRST_PAUSE_SECONDS = 0.2
LAST_PAUSE_SECONDS = 10.0


class Alarms:
    """Calls functions when their time has come, in a thread that starts with the first.

    One that fails is called again, after longer and longer pauses, until it succeeds; its first
    failure is logged. One that meets a weak reference to what is gone is not needed any more.
    """

    def __init__(self) -> None:
        self._scheduler = sched.scheduler(time.monotonic)
        self._changed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, action: Callable[[], None]) -> None:
        """Calls `action` in so many seconds. Any thread may call this."""
        self._enter(seconds, action, FIRST_PAUSE_SECONDS)
        self._changed.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="channels-alarms", daemon=True
                )
                self._thread.start()

    def _enter(self, seconds: float, action: Callable[[], None], pause: float) -> None:
        self._scheduler.enter(seconds, 0, self._call, (action, pause))

    def _run(self) -> None:
        while True:
            self._changed.clear()
            pause = self._scheduler.run(blocking=False)
            self._changed.wait(pause)

    def _call(self, action: Callable[[], None], pause: float) -> None:
        try:
            action()
        except ReferenceError:
            pass
        except Exception:
            if pause == FIRST_PAUSE_SECONDS:
                logger.exception("An alarm failed and will be tried again until it succeeds:")
            self._enter(pause, action, min(2 * pause, LAST_PAUSE_SECONDS))
        finally:
            close_old_connections()


alarms = Alarms()
