"""The messages of one worker process, shared among its threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from channels.layers.exceptions import LayerUnavailable
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery, Refusal, Subscription
from channels.pending import Pending, Rest, retry_refused
from channels.postponed import Postponed, finish

logger = logging.getLogger("django.channels")

Result = TypeVar("Result")

# Read ahead as many messages as their consumers get through in this time, and no more.
READ_AHEAD_SECONDS = 0.004
READ_AHEAD_LIMIT = 50
# Results leave with the next read, but not later than this.
RESULT_DELAY_SECONDS = 0.004
# What was read ahead and then had to wait this long goes back, for any worker to take.
HAND_BACK_SECONDS = 0.1
# How fast the mean time of a consumer follows the latest one.
MEAN_WEIGHT = 0.2
RECONNECT_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)


class Results:
    """What one thread has finished and not yet told the layer.

    Attributes:
        telling: held while they are told, so that later ones do not overtake them.
    """

    def __init__(self) -> None:
        self.outgoing: list[Outgoing] = []
        self.done: list[Delivery] = []
        self.telling = threading.Lock()
        self._since = 0.0

    def add(self, outgoing: Sequence[Outgoing], done: Delivery) -> None:
        """Notes one finished delivery and what its consumer sent."""
        with self.telling:
            if not self.done:
                self._since = time.monotonic()
            self.outgoing.extend(outgoing)
            self.done.append(done)

    def take(self) -> tuple[list[Outgoing], list[Delivery]]:
        """Returns what is to be told now."""
        taken = self.outgoing, self.done
        self.outgoing, self.done = [], []
        return taken

    def waited(self, seconds: float) -> bool:
        """Returns whether there are some that have waited longer."""
        return bool(self.done) and time.monotonic() - self._since > seconds


class Supply:
    """Reads for all threads of a worker, ahead of them while they are quick.

    Whichever thread finds nothing left to do reads next; the others take from what it got.

    Arguments:
        layer: to retry what full channels refuse.
        subscription: the worker's share of its channels.
    """

    def __init__(self, layer: Any, subscription: Subscription) -> None:
        self._layer = layer
        self._subscription = subscription
        self._stopped = False
        self._results: set[Results] = set()
        self._changed = threading.Condition()
        self._ready: deque[Delivery] = deque()
        self._ready_since = 0.0
        self._reading = False
        self._waiting = 0
        self._running = 0
        self._postponed = Postponed()
        self._is_alone = False
        self._mean_seconds = 1.0
        self._steward: threading.Thread | None = None
        self.closed = False

    def next(self, results: Results) -> Delivery | None:
        """Returns the next message to run, or None if none came within a second or so.

        Arguments:
            results: of the calling thread; they are sent and settled on the way.

        Whoever gets one calls `end` when it has run. One that workers have died with runs alone:
        if it is to blame, it takes no other with it again.
        """
        self._results.add(results)
        if results.waited(RESULT_DELAY_SECONDS):
            self.flush(results)
        delivery, leads = self._take(results)
        return self._lead(results) if leads else delivery

    def end(self) -> None:
        """Notes that one of the messages has run."""
        with self._changed:
            self._running -= 1
            if self._is_alone or not self._running:
                self._is_alone = False
                if self._waiting:
                    self._changed.notify_all()

    def flush(self, results: Results) -> None:
        """Sends and settles what a thread has finished."""
        refusals: list[Refusal] = []
        with results.telling:
            outgoing, done = results.take()
            if done:
                refusals = self.insist(lambda: self._subscription.settle(outgoing, done)) or []
        self._retry(refusals)

    def insist(self, action: Callable[[], Result]) -> Result | None:
        """Repeats what the layer does not answer; consumers' results outlive an outage.

        Returns:
            its result, or None if the worker was told to stop before the layer answered.
        """
        attempt = 0
        while True:
            try:
                result = action()
            except LayerUnavailable as error:
                if attempt == 0:
                    logger.warning("Channel layer unavailable, will keep trying: %s", error)
                if self._is_over():
                    logger.warning("Stopping without it: what is not settled goes to others.")
                    return None
                time.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
                attempt += 1
            else:
                if attempt:
                    logger.warning("Channel layer available again.")
                return result

    def carry_through(self, action: Callable[[], None]) -> bool:
        """As `insist`; returns whether the layer has answered."""

        def answered() -> bool:
            action()
            return True

        return self.insist(answered) is not None

    def postpone(self, delivery: Delivery, pending: Pending, rest: Rest) -> None:
        """Does the rest of a message when the layer can, and then settles it."""
        if not self._postponed.is_full:
            self._postponed.add(pending, rest, partial(self._settle, delivery), self._is_over)
        elif self.carry_through(partial(finish, pending, rest)):
            self._settle(delivery)

    def stop(self) -> None:
        """The worker was told to stop: waits neither for messages nor for the layer any more."""
        self._stopped = True

    def note_duration(self, seconds: float) -> None:
        """Learns how long a consumer took."""
        self._mean_seconds += MEAN_WEIGHT * (seconds - self._mean_seconds)

    def close(self) -> None:
        """Hands back what nobody has started, and ends the subscription."""
        with self._changed:
            self.closed = True
            left = self._empty()
            self._changed.notify_all()
        try:
            if left:
                self._subscription.release(left)
            self._subscription.close()
        except LayerUnavailable as error:
            logger.warning("Stopped without handing back messages: %s", error)

    def _settle(self, delivery: Delivery) -> None:
        results = Results()
        results.add([], delivery)
        self.flush(results)

    def _take(self, results: Results) -> tuple[Delivery | None, bool]:
        """Returns a message if there is one, and whether the calling thread is to read."""
        while not self._is_over():
            with self._changed:
                if delivery := self._begin():
                    return delivery, False
                if not (self._ready or self._reading or self._is_alone):
                    self._reading = True
                    return None, True
                if not results.done:
                    self._waiting += 1
                    self._changed.wait()
                    self._waiting -= 1
                    continue
            # Another thread waits for messages, perhaps long: our results must not.
            self.flush(results)
        return None, False

    def _lead(self, results: Results) -> Delivery | None:
        """Reads for all threads; returns a message if one is left for the calling thread."""
        deliveries: list[Delivery] = []
        try:
            with results.telling:
                outgoing, done = results.take()
                refusals, deliveries = self.insist(
                    lambda: self._subscription.turn(outgoing, done, self._limit())
                ) or ([], [])
        finally:
            with self._changed:
                self._ready.extend(deliveries)
                self._ready_since = time.monotonic()
                self._reading = False
                self._changed.notify_all()
                if len(self._ready) > 1:
                    self._start_steward()
        self._retry(refusals)
        with self._changed:
            return self._begin()

    def _begin(self) -> Delivery | None:
        """Returns the next message if it may run now."""
        if not self._ready or (self._ready[0].tries and self._running):
            return None
        delivery = self._ready.popleft()
        self._running += 1
        self._is_alone = delivery.tries > 0
        return delivery

    def _limit(self) -> int:
        ahead = min(READ_AHEAD_LIMIT, int(READ_AHEAD_SECONDS / max(self._mean_seconds, 1e-6)))
        return max(ahead, 1 + self._waiting)

    def _retry(self, refusals: list[Refusal]) -> None:
        if refusals and not self.carry_through(lambda: retry_refused(self._layer, refusals)):
            logger.error("Stopped with %d messages that the layer does not take.", len(refusals))

    def _is_over(self) -> bool:
        return self.closed or self._stopped

    def _start_steward(self) -> None:
        if self._steward is None:
            self._steward = threading.Thread(
                target=self._help_when_slow, name="channels-steward", daemon=True
            )
            self._steward.start()

    def _help_when_slow(self) -> None:
        """While consumers are slow, does for their threads what cannot wait."""
        while not self.closed:
            time.sleep(HAND_BACK_SECONDS)
            self._hand_back_late()
            for results in tuple(self._results):
                if results.waited(HAND_BACK_SECONDS):
                    self.flush(results)

    def _hand_back_late(self) -> None:
        with self._changed:
            waited = time.monotonic() - self._ready_since
            is_late = self._ready and not self._ready[0].tries and waited > HAND_BACK_SECONDS
            late = self._empty() if is_late else []
        if late:
            logger.debug("Handing back %d messages behind a slow consumer.", len(late))
            self.insist(partial(self._subscription.release, late))
            self._mean_seconds = 1.0

    def _empty(self) -> list[Delivery]:
        left = list(self._ready)
        self._ready.clear()
        return left
