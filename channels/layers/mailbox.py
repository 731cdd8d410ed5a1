"""How an interface server sends for its connections, and is sent to."""

from __future__ import annotations

import asyncio
import itertools
import logging
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, Protocol

from channels.layers import names

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """What arrives for the connections of a process. Called in the event loop; must not block."""

    def connections(self) -> Collection[str]:
        """Returns the channels that somebody is behind."""

    def deliver(self, channel: str, message: dict[str, Any]) -> None:
        """A message for one channel."""

    def deliver_group(self, channels: Collection[str], message: dict[str, Any]) -> None:
        """One message for every channel; the collection is only good during the call."""

    def lost(self, channels: Collection[str]) -> None:
        """Messages for these channels were dropped, so what their clients have seen has a gap."""


def hand_over(
    receiver: Receiver, channels: Collection[str], message: dict[str, Any], to_group: bool
) -> None:
    """Gives a receiver a message; one that it fails over does not keep the next from it."""
    try:
        if to_group:
            receiver.deliver_group(channels, message)
        else:
            for channel in channels:
                receiver.deliver(channel, message)
    except Exception:
        logger.exception("Could not deliver a message to %d channels:", len(channels))


class Mailbox(ABC):
    """The queue that one process listens on, and the groups its channels are in.

    Attributes:
        name: what all its channels begin with, ending in `!`.
    """

    def __init__(self, prefix: str) -> None:
        self.name = f"{prefix}.{names.random_part()}!"
        # The process's part of the name cannot be guessed, so the connection's may be counted.
        self._numbers = itertools.count(1)

    def new_channel(self) -> str:
        """Returns a fresh name for one connection."""
        return f"{self.name}{next(self._numbers):x}"

    def is_away(self, channel: str) -> bool:
        """Returns whether what is sent to a channel cannot arrive at present."""
        return False

    def has_forgotten(self, since: float) -> bool:
        """Returns whether the layer may have lost what was under way at a time, in seconds of the
        monotonic clock, or came later."""
        return False

    @abstractmethod
    async def open(self) -> None:
        """Starts to listen; raises LayerUnavailable never, but keeps trying."""

    @abstractmethod
    def send(self, channel: str, message: dict[str, Any]) -> asyncio.Future[None]:
        """Sends a message; those of one loop turn leave together.

        Returns:
            a future that is done when the layer has taken the message, or raises ChannelFull,
            MessageTooLarge or LayerUnavailable. Bad names and contents raise a TypeError at once.
        """

    @abstractmethod
    def forget(self, channel: str) -> None:
        """The connection is gone: takes its channel out of all groups."""

    @abstractmethod
    def choke(self, channel: str, choked: bool) -> None:
        """Stops what is sent to a channel, whose client does not keep up; or starts it again.

        Its senders get ChannelFull meanwhile. What is already on its way still arrives. The layer
        forgets it after a while, so whoever goes on with it has to say so again every few seconds.
        """

    @abstractmethod
    def hang_up(self, channel: str) -> None:
        """The client behind a channel has left: whoever still sends to it gets ChannelGone."""

    @abstractmethod
    async def close(self) -> None:
        """Stops to listen and leaves all groups; what was sent before has left."""
