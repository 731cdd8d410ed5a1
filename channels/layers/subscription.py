"""How a worker takes messages: read some, run them, say which are done."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from channels.layers.exceptions import ChannelFull, ChannelLayerError
from channels.layers.outgoing import Outgoing

if TYPE_CHECKING:
    from channels.layers.base import BaseChannelLayer


class Delivery(NamedTuple):
    """One message as it was read.

    Fields:
        channel: the name it was read from.
        message: the content.
        receipt: what the layer needs to settle it; None where reading settled it.
        id: names the message on its channel, the same if it is delivered again; None where it
            never is.
        tries: how many workers have died with it.
    """

    channel: str
    message: dict[str, Any]
    receipt: Any = None
    id: str | None = None
    tries: int = 0


class Refusal(NamedTuple):
    """A send that the layer did not take, and why."""

    outgoing: Outgoing
    error: ChannelLayerError


class Subscription(ABC):
    """A worker process's share of some channels.

    One thread at a time may call `turn`; the other methods may be called by any thread at any time.
    """

    @abstractmethod
    def turn(
        self,
        outgoing: Sequence[Outgoing],
        done: Sequence[Delivery],
        limit: int,
        block: bool = True,
    ) -> tuple[list[Refusal], list[Delivery]]:
        """Sends, settles what is done, and reads more, in as few round trips as there can be.

        Arguments:
            outgoing: what the consumers that finished want sent, in order.
            done: the deliveries they finished.
            limit: how many messages to read at most.
            block: whether to wait about a second for a first message; what was refused comes first.

        Returns:
            what could not be sent, and the messages read.

        Raises:
            LayerUnavailable: nothing was sent, settled or read for certain; call again.
        """

    @abstractmethod
    def settle(self, outgoing: Sequence[Outgoing], done: Sequence[Delivery]) -> list[Refusal]:
        """Sends, and settles what is done, as `turn` does, without reading."""

    @abstractmethod
    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Hands back messages whose consumers have not been started, for any worker to take."""

    @abstractmethod
    def close(self) -> None:
        """Ends the subscription; what is neither settled nor released goes to another worker."""


class PlainSubscription(Subscription):
    """For layers on which reading a message takes it for good."""

    def __init__(self, layer: BaseChannelLayer, channels: Sequence[str]) -> None:
        self._layer = layer
        self._channels = list(channels)

    def turn(
        self,
        outgoing: Sequence[Outgoing],
        done: Sequence[Delivery],
        limit: int,
        block: bool = True,
    ) -> tuple[list[Refusal], list[Delivery]]:
        refusals = self.settle(outgoing, done)
        channel, message = self._layer.receive(self._channels, block=block and not refusals)
        if channel is None or message is None:
            return refusals, []
        return refusals, [Delivery(channel, message)]

    def settle(self, outgoing: Sequence[Outgoing], done: Sequence[Delivery]) -> list[Refusal]:
        return self._layer.send_all(outgoing) if outgoing else []

    def release(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            # Where the layer knows no difference to `send`, nobody is left to be told.
            with suppress(ChannelFull):
                self._layer.send_again(delivery.channel, delivery.message)

    def close(self) -> None:
        """Nothing to do: nothing is held back."""
