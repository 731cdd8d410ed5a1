"""Sends that wait until their consumer returns (the contract, section 2)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from channels.layers import names
from channels.layers.exceptions import ChannelFull, ChannelGone
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
RETRY_INTERVAL_SECONDS = 0.1

# The sends of the consumer that runs in this context, each with its layer; None outside.
Pending = list[tuple[Any, Outgoing]]
pending_sends: ContextVar[Pending | None] = ContextVar("pending_sends", default=None)


@contextmanager
def collect_sends() -> Iterator[Pending]:
    """Collects what is sent in the block, instead of sending it."""
    collected: Pending = []
    token = pending_sends.set(collected)
    try:
        yield collected
    finally:
        pending_sends.reset(token)


def send_pending(pending: Pending) -> None:
    """Sends what was collected, in order, each layer's part together."""
    for layer in dict.fromkeys(layer for layer, _ in pending):
        outgoing = [item for owner, item in pending if owner is layer]
        retry_refused(layer, layer.send_all(outgoing))


def retry_refused(layer: Any, refusals: Sequence[Refusal]) -> None:
    """Sends again what a full channel refused, for two seconds; then logs an error.

    A refused send harms nobody but its receiver, which is told: nothing is raised. One whose
    client has left has none any more.
    """
    deadline = time.monotonic() + RETRY_SECONDS
    while refusals := [one for one in refusals if not isinstance(one.error, ChannelGone)]:
        refused = [item for item, error in refusals if isinstance(error, ChannelFull)]
        for item, error in refusals:
            if not isinstance(error, ChannelFull):
                logger.error("Could not send to %s: %s", item, error)
        if time.monotonic() >= deadline:
            for item in refused:
                _give_up(layer, item)
            return
        if refused:
            time.sleep(RETRY_INTERVAL_SECONDS)
        refusals = layer.send_all(refused)


def _give_up(layer: Any, item: Outgoing) -> None:
    if names.is_local(item.name):
        layer.tell_lost(item.name)
    logger.error(
        "Dropped a message to %s: it stayed full for %.0f s. Start more workers for this channel,"
        " raise its channel_capacity, or send with immediately=True and handle ChannelFull.",
        item,
        RETRY_SECONDS,
    )
