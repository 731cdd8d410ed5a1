"""Sends that wait until their consumer returns (the contract, section 2)."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from channels.layers import names
from channels.layers.exceptions import ChannelFull, ChannelGone, RefusedForNow
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
RETRY_INTERVAL_SECONDS = 0.1


class Rest(NamedTuple):
    """What a message needs before it is done, besides that what its consumer sent has left.

    Fields:
        action: does it; raises LayerUnavailable where the layer cannot.
        seconds: until the first attempt.
    """

    action: Callable[[], None]
    seconds: float


class Pending(list[tuple[Any, Outgoing]]):
    """What a consumer has sent, each send with its layer.

    Attributes:
        is_open: whether the consumer runs; what it has started and outlives it sends by itself.
        rest: what the layer could not do while it ran; it is done when the sends have left.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_open = True
        self.rest: Rest | None = None


# The sends of the consumer that runs in this context; None outside.
pending_sends: ContextVar[Pending | None] = ContextVar("pending_sends", default=None)
if hasattr(os, "register_at_fork"):  # Windows has no forks
    # Nobody would send what a child process adds to its copy.
    os.register_at_fork(after_in_child=lambda: pending_sends.set(None))


@contextmanager
def collect_sends() -> Iterator[Pending]:
    """Collects what is sent in the block, instead of sending it."""
    collected = Pending()
    token = pending_sends.set(collected)
    try:
        yield collected
    finally:
        collected.is_open = False
        pending_sends.reset(token)


def send_pending(pending: list[tuple[Any, Outgoing]]) -> None:
    """Sends what was collected, in order, each layer's part together.

    Raises:
        LayerUnavailable: a layer takes nothing for now; the list holds what is left to be sent.
    """
    for layer in dict.fromkeys(layer for layer, _ in pending):
        refusals = layer.send_all([item for owner, item in pending if owner is layer])
        others = [pair for pair in pending if pair[0] is not layer]
        try:
            retry_refused(layer, refusals)
        finally:
            pending[:] = [*((layer, item) for item, _ in refusals), *others]


def retry_refused(layer: Any, refusals: list[Refusal]) -> None:
    """Sends again what a full channel refused, for two seconds; then logs an error.

    A refused send harms nobody but its receiver, which is told: nothing is raised. One whose
    client has left has none any more.

    Arguments:
        layer: that refused.
        refusals: what it did; they are taken from the list when they are dealt with.

    Raises:
        LayerUnavailable: the layer takes nothing for now; the list holds what is left to be sent.
    """
    deadline = time.monotonic() + RETRY_SECONDS
    while refusals:
        refusals[:] = [one for one in refusals if _may_pass(one)]
        if time.monotonic() >= deadline:
            _give_up_full(layer, refusals)
            if refusals:
                raise refusals[0].error
        if refusals:
            time.sleep(RETRY_INTERVAL_SECONDS)
            refusals[:] = layer.send_all([item for item, _ in refusals])


def _may_pass(refusal: Refusal) -> bool:
    item, error = refusal
    if isinstance(error, ChannelGone):
        return False
    if not isinstance(error, ChannelFull | RefusedForNow):
        logger.error("Could not send to %s: %s", item, error)
        return False
    return True


def _give_up_full(layer: Any, refusals: list[Refusal]) -> None:
    """Takes out what full channels have refused for too long."""
    full = [item for item, error in refusals if isinstance(error, ChannelFull)]
    refusals[:] = [one for one in refusals if not isinstance(one.error, ChannelFull)]
    for item in full:
        _give_up(layer, item)


def _give_up(layer: Any, item: Outgoing) -> None:
    if names.is_local(item.name):
        layer.tell_lost(item.name)
        advice = "Its client, or the server that holds it, does not keep up: the connection ends."
    else:
        advice = (
            "Start more workers for this channel, raise its channel_capacity, or send with"
            " immediately=True and handle ChannelFull."
        )
    logger.error("Dropped a message to %s: full for %.0f s. %s", item, RETRY_SECONDS, advice)
