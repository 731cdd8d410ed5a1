"""What the workers do by themselves: publish what was left over, tell pages the head, tidy up.

Each worker process has one such thread; the database decides which of them acts. So there is no
process of its own to start, and as long as one worker lives the clock runs.
"""

import json
import logging
import threading
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from channels import Group
from channels.layers.exceptions import ChannelLayerError
from tracker import relay, retention
from tracker.audiences import GROUPS
from tracker.models import LogHead

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
BEAT = timedelta(seconds=5)


class Clock:
    """Ticks in a thread of its own from the first `start` until the process ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failed = False

    def start(self, **_signal: Any) -> None:
        """Start, unless it runs; a receiver of `worker_ready`, which every thread sends."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tracker-clock", daemon=True)
                self._thread.start()

    def tick(self) -> None:
        """Do what is due. What is away now may be back at the next tick."""
        try:
            relay.publish()
            if beat():
                retention.trim()
        except (ChannelLayerError, DatabaseError) as error:
            if not self._failed:
                logger.warning("The clock cannot publish, and tries on: %s", error)
            self._failed = True
            # Drops a connection that the database has closed.
            close_old_connections()
        else:
            self._failed = False

    def _run(self) -> None:
        waiting = threading.Event()
        while not waiting.wait(TICK_SECONDS):
            self.tick()


def beat() -> bool:
    """Tell every page how far the log is; False if another worker did so just now."""
    if not _is_due(LogHead.current()):
        return False
    with transaction.atomic():
        head = LogHead.claim()
        if head is None or not _is_due(head):
            return False
        head.beat = timezone.now()
        head.save(update_fields=["beat"])
    frame = {
        "type": "heartbeat",
        "epoch": head.epoch,
        "seq": head.sequence,
        "at": head.beat.isoformat(),
    }
    for group in GROUPS:
        Group(group).send({"text": json.dumps(frame)})
    return True


def _is_due(head: LogHead) -> bool:
    # In both directions: the clocks of two machines may differ.
    return abs(timezone.now() - head.beat) >= BEAT
