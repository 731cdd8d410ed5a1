"""Things to do later in this process, whatever its other threads do."""

from __future__ import annotations

import logging
import sched
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

logger = logging.getLogger("django.channels")


class Alarms:
    """Calls functions when their time has come, in a thread that starts with the first.

    One that meets a weak reference to what is gone is not needed any more, and no error.
    """

    def __init__(self) -> None:
        self._scheduler = sched.scheduler(time.monotonic)
        self._changed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def set(self, seconds: float, action: Callable[[], None]) -> None:
        """Calls `action` in so many seconds. Any thread may call this."""
        self._scheduler.enter(seconds, 0, _call, (action,))
        self._changed.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="channels-alarms", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._changed.clear()
            pause = self._scheduler.run(blocking=False)
            self._changed.wait(pause)


def _call(action: Callable[[], None]) -> None:
    try:
        action()
    except ReferenceError:
        pass
    except Exception:
        logger.exception("An alarm failed:")
    finally:
        close_old_connections()


alarms = Alarms()
