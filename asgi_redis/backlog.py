"""What a worker's consumers have sent to servers that are away, until those are back."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asgi_redis.outage import Outage
from channels.layers.exceptions import ChannelFull, ChannelGone, LayerUnavailable, RefusedForNow
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery, Refusal

if TYPE_CHECKING:
    from asgi_redis.layer import RedisChannelLayer

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
# What may wait in a process; consumers whose replies would be more wait themselves.
MOST_BYTES = 64 * 1024 * 1024


@dataclass
class Batch:
    """Messages that wait.

    Arguments:
        outgoing: the messages, in order.
        done: the deliveries whose consumers sent them; they are settled when all are gone.
        since: when they began to wait, in seconds.
    """

    outgoing: list[Outgoing]
    done: Sequence[Delivery]
    since: float


class Backlog:
    """Sends to several servers so that one that is away delays nothing but what is for it.

    Arguments:
        layer: the channel layer.
        settle: settles deliveries.
    """

    def __init__(
        self, layer: RedisChannelLayer, settle: Callable[[Sequence[Delivery]], None]
    ) -> None:
        self._layer = layer
        self._settle = settle
        self._outage = Outage("Replies have to wait")
        self._batches: list[Batch] = []
        # How many messages wait for each server; there may be very many.
        self._counts: Counter[int] = Counter()
        self._bytes = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def send(self, outgoing: Sequence[Outgoing], done: Sequence[Delivery]) -> list[Refusal]:
        """Sends, or keeps what cannot be sent now, and settles what is done with.

        Returns:
            what was refused for good, or found its channel full.

        Raises:
            LayerUnavailable: too much waits already for a server that is away, and nothing was
                sent.
        """
        barred = self._barred()
        if self._bytes > MOST_BYTES and not barred.isdisjoint(self._servers_of(outgoing)):
            raise LayerUnavailable(
                f"{self._bytes} bytes of replies wait for servers that are away, and no more can."
            )
        refusals, left = self._attempt(outgoing, barred, set())
        if left:
            self._keep(Batch(left, done, time.monotonic()))
        else:
            self._settle(done)
        return refusals

    def close(self) -> None:
        """Ends the attempts; deliveries that are not settled go to other workers."""
        self._stopped.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()
        waiting = sum(len(batch.outgoing) for batch in self._batches)
        if waiting:
            logger.warning("Stopped with %d messages for servers that are away.", waiting)

    def _barred(self) -> set[int]:
        """Returns the servers that are away, or that others wait for."""
        away = {index for index, node in enumerate(self._layer.nodes) if node.away}
        with self._lock:
            return away | {index for index, count in self._counts.items() if count}

    def _attempt(
        self, outgoing: Sequence[Outgoing], barred: set[int], full: set[str]
    ) -> tuple[list[Refusal], list[Outgoing]]:
        """Returns what was refused, and what is left because its server is barred, or now is.

        What goes to one of the full channels is left too: it must not overtake what did not go.
        """
        by_node: dict[int, list[Outgoing]] = defaultdict(list)
        refusals: list[Refusal] = []
        left: list[Outgoing] = []
        for item in outgoing:
            queue = left if item.name in full else by_node[self._layer.shard(item.name)]
            queue.append(item)
        for index, items in by_node.items():
            if index not in barred:
                items = self._attempt_at(index, items, barred, refusals)
            left += items
        return refusals, left

    def _attempt_at(
        self, index: int, items: Sequence[Outgoing], barred: set[int], refusals: list[Refusal]
    ) -> list[Outgoing]:
        """Returns what is left because the server is away, or takes nothing for now."""
        left: list[Outgoing] = []
        try:
            for item, error in self._layer.send_to(index, items):
                if isinstance(error, RefusedForNow):
                    left.append(item)
                    self._bar(index, error, barred)
                else:
                    refusals.append(Refusal(item, error))
        except LayerUnavailable as error:
            left += items
            self._bar(index, error, barred)
        return left

    def _bar(self, index: int, error: LayerUnavailable, barred: set[int]) -> None:
        self._outage.meet(error)
        barred.add(index)

    def _servers_of(self, items: Sequence[Outgoing]) -> list[int]:
        return [self._layer.shard(item.name) for item in items]

    def _keep(self, batch: Batch) -> None:
        with self._lock:
            self._batches.append(batch)
            self._counts.update(self._servers_of(batch.outgoing))
            self._bytes += _bytes(batch.outgoing)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._deliver, name="asgi-redis-backlog", daemon=True
                )
                self._thread.start()

    def _deliver(self) -> None:
        """Tries until nothing waits any more."""
        while not self._stopped.wait(RETRY_SECONDS):
            barred: set[int] = set()
            full: set[str] = set()
            for batch in tuple(self._batches):
                self._try_again(batch, barred, full)
            with self._lock:
                if not self._batches:
                    self._outage.end()
                    self._thread = None
                    return

    def _try_again(self, batch: Batch, barred: set[int], full: set[str]) -> None:
        refusals, left = self._attempt(batch.outgoing, barred, full)
        for item, error in refusals:
            if isinstance(error, ChannelGone):
                logger.debug("Dropped a message: %s", error)
            elif isinstance(error, ChannelFull):
                left.append(item)
                full.add(item.name)
            else:
                logger.error("Could not send to %s: %s", item, error)
        if left and time.monotonic() - batch.since > self._layer.expiry:
            logger.error("Dropped %d messages: their server was away for too long.", len(left))
            left = []
        with self._lock:
            self._counts.subtract(self._servers_of(batch.outgoing))
            self._counts.update(self._servers_of(left))
            self._bytes += _bytes(left) - _bytes(batch.outgoing)
            batch.outgoing = left
            if not left:
                self._batches.remove(batch)
        if not left:
            self._settle(batch.done)


def _bytes(items: Sequence[Outgoing]) -> int:
    return sum(len(item.data) for item in items)
