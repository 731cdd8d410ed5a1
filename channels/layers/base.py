"""What every channel layer offers (the contract, section 1)."""

from __future__ import annotations

import asyncio
import fnmatch
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any

from channels.layers import config, exceptions, names
from channels.layers.mailbox import Mailbox, Receiver
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import PlainSubscription, Refusal, Subscription

# Uploads wait in the interface server's files: the layer holds what keeps their readers busy.
BODY_CAPACITY = 8
# What the names of channels begin with on which clients are heard.
CLIENT_CHANNELS = ("http.", "websocket.")
# Calls of `receive_async` and `receive_twisted` that wait at a time, each in a thread.
READERS = 100
# What was taken to be brought back is nobody else's for so long. A worker that dies in between is
# known to be dead no sooner, and its message runs again, which asks for it again.
TAKEN_SECONDS = 4.0

Capacities = Mapping[str | re.Pattern[str], int]
Received = tuple[str, dict[str, Any]] | tuple[None, None]


class BaseChannelLayer:
    """Names, capacities and the parts of the interface that are the same on every layer.

    Arguments:
        expiry: seconds after which an unread message is never delivered.
        group_expiry: seconds after which a channel that was not added again leaves a group.
        capacity: unread messages that a channel holds before it is full.
        channel_capacity: other capacities, by channel name: globs or compiled regular
            expressions; the first that matches counts.

    Raises:
        ValueError: one of them cannot work; the text says which and what it must be.
    """

    extensions: Sequence[str] = ("async", "twisted")
    # Whether this layer serves no more than one process.
    single_process = False
    # An interface server's queue serves thousands of sockets, so it has a bound of its own.
    mailbox_capacity = 10_000
    # Where messages are large, they are bounded by their bytes besides.
    mailbox_bytes = 64 * 1024 * 1024

    ChannelFull = exceptions.ChannelFull
    MessageTooLarge = exceptions.MessageTooLarge

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Capacities | Iterable[tuple[str | re.Pattern[str], int]] | None = None,
    ) -> None:
        config.check_seconds("expiry", expiry)
        config.check_seconds("group_expiry", group_expiry)
        config.check_capacity("capacity", capacity)
        self.expiry = expiry
        self.group_expiry = group_expiry
        self.capacity = capacity
        self.channel_capacity = compile_capacities(channel_capacity or {})

    def send(self, channel: str, message: dict[str, Any]) -> None:
        """Sends a message to a channel.

        Raises:
            ChannelFull: the channel holds as many unread messages as it may.
            TypeError: the name is not allowed, or the content is no dict of what can travel.
            MessageTooLarge: the content takes more than 16 MiB.
            LayerUnavailable: the layer's server does not answer.
        """
        self._send_one(Outgoing.to_channel(channel, message))

    def send_again(self, channel: str, message: dict[str, Any]) -> None:
        """Puts a message back on the channel that it was taken off, full or not where that matters.

        Raises:
            ChannelFull: the layer knows no difference to `send`.
            LayerUnavailable: the layer's server does not answer.
        """
        self.send(channel, message)

    def set_aside(
        self, owner: str, turn: int, channel: str, message: dict[str, Any], seconds: float
    ) -> None:
        """Keeps a message that came too early off its channel, until it is brought back or expires.

        Arguments:
            owner: whose turns these are.
            turn: which of them is the message's; another one there goes.
            channel: that it was taken off.
            message: its content.
            seconds: after which somebody should see to it, whoever that is.

        Raises:
            LayerUnavailable: the layer's server does not answer.
        """
        raise NotImplementedError

    def bring_back(self, owner: str, turns: Sequence[int]) -> None:
        """Puts what was set aside back on its channels, full or not.

        Of the turns, in their order, as far as there is a message for each. If this fails half-way,
        it can be done again after TAKEN_SECONDS; some may then be there twice.

        Raises:
            LayerUnavailable: a server of the layer does not answer.
        """
        raise NotImplementedError

    def overdue(self) -> list[tuple[str, int]]:
        """Returns the owner and turn of what somebody should see to, each to one caller.

        None on a layer that ends with the process which set it aside.
        """
        return []

    def receive(self, channels: Sequence[str], block: bool = False) -> Received:
        """Takes one message off any of the channels.

        Arguments:
            channels: names; of process-local ones the part up to and including the `!`.
            block: whether to wait about a second for a message.

        Returns:
            the full channel name and the message, or (None, None).

        Raises:
            TypeError: a name is not allowed, or nobody can receive on it.
            LayerUnavailable: the layer's server does not answer.
        """
        raise NotImplementedError

    def receive_many(self, channels: Sequence[str], block: bool = False) -> Received:
        """The deprecated name of `receive`."""
        warnings.warn("receive_many is deprecated; call receive.", DeprecationWarning, stacklevel=2)
        return self.receive(channels, block)

    async def receive_async(self, channels: Sequence[str]) -> Received:
        """As `receive`, for an event loop: waits about a second for a message.

        What was read for a call that is cancelled goes back to its channel.
        """
        taken = self._readers.submit(self.receive, channels, True)
        try:
            return await asyncio.wrap_future(taken)
        except asyncio.CancelledError:
            taken.add_done_callback(self._give_back)
            raise

    def receive_twisted(self, channels: Sequence[str]) -> Any:
        """As `receive_async`, as a Twisted Deferred."""
        # Importing the reactor chooses one, which is up to who calls this.
        from twisted.internet import defer, reactor

        def fire() -> None:
            if not deferred.called:
                defer.execute(taken.result).chainDeferred(deferred)

        taken = self._readers.submit(self.receive, channels, True)
        deferred: Any = defer.Deferred(lambda _: taken.add_done_callback(self._give_back))
        taken.add_done_callback(lambda _: reactor.callFromThread(fire))
        return deferred

    def new_channel(self, pattern: str) -> str:
        """Returns a new single-reader channel name for a pattern that ends in `?`.

        Raises:
            TypeError: the pattern is not allowed, or ends in something else.
        """
        return names.new_name(pattern)

    def group_add(self, group: str, channel: str) -> None:
        """Puts a channel into a group, or renews it there.

        Raises:
            TypeError: a name is not allowed.
            LayerUnavailable: the layer's server does not answer.
        """
        raise NotImplementedError

    def group_discard(self, group: str, channel: str) -> None:
        """Takes a channel out of a group; nothing happens if it is not in it.

        Raises:
            TypeError: a name is not allowed.
            LayerUnavailable: the layer's server does not answer.
        """
        raise NotImplementedError

    def group_channels(self, group: str) -> list[str]:
        """Returns the channels that are in the group now.

        Raises:
            TypeError: the name is not allowed.
            LayerUnavailable: the layer's server does not answer.
        """
        raise NotImplementedError

    def send_group(self, group: str, message: dict[str, Any]) -> None:
        """Sends a message to every channel of a group; drops it for those that are full.

        Raises:
            TypeError: the name is not allowed, or the content is no dict of what can travel.
            MessageTooLarge: the content takes more than 16 MiB.
            LayerUnavailable: the layer's server does not answer.
        """
        self._send_one(Outgoing.to_group(group, message))

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Refusal]:
        """Sends several messages, in order.

        Returns:
            those that were not taken, and why.

        Raises:
            LayerUnavailable: for none of them is it certain that it was taken.
        """
        raise NotImplementedError

    def tell_lost(self, channel: str) -> None:
        """Tells whoever holds a process-local channel that a message to it was dropped.

        Raises:
            LayerUnavailable: the layer's server does not answer.
        """

    def tell_client(self, channel: str, message: dict[str, Any]) -> None:
        """Ends the connection of a client whose message is given up: what follows would hide a gap.

        Arguments:
            channel: that the message was on; clients are heard on some only.
            message: its content.

        Raises:
            LayerUnavailable: the layer's server does not answer.
        """
        if not channel.startswith(CLIENT_CHANNELS):
            return
        reply_channel = message.get("reply_channel")
        if isinstance(reply_channel, str) and names.is_local(reply_channel):
            self.tell_lost(reply_channel)

    def flush(self) -> None:
        """Drops every message and every group of this layer."""
        raise NotImplementedError

    def shard(self, name: str) -> int:
        """Returns which of the layer's servers a channel or group is on."""
        return 0

    def ping(self) -> None:
        """Raises LayerUnavailable if the layer's server does not answer, or is too old."""

    def subscribe(self, channels: Sequence[str]) -> Subscription:
        """Returns a worker's access to the channels."""
        return PlainSubscription(self, channels)

    def open_mailbox(self, prefix: str, receiver: Receiver) -> Mailbox:
        """Returns an interface server's access to the layer, to be opened in its event loop."""
        raise NotImplementedError(f"{type(self).__name__} cannot serve an interface server.")

    def capacity_of(self, channel: str) -> int:
        """Returns how many unread messages the channel (or the queue up to its `!`) may hold."""
        for pattern, capacity in self.channel_capacity:
            if pattern.match(channel):
                return capacity
        if channel.startswith(names.BODY_CHANNELS):
            return min(BODY_CAPACITY, self.capacity)
        return self.capacity

    # The 1.x name of `capacity_of`, which layers and tests written for it call.
    get_capacity = capacity_of

    @cached_property
    def _readers(self) -> ThreadPoolExecutor:
        """Threads to wait in: of those that an event loop lends to all there are few."""
        return ThreadPoolExecutor(READERS, thread_name_prefix="receive")

    def _give_back(self, taken: Future[Received]) -> None:
        if taken.cancelled() or taken.exception():
            return
        channel, message = taken.result()
        if channel is not None and message is not None:
            self.send_again(channel, message)

    def _send_one(self, outgoing: Outgoing) -> None:
        for refusal in self.send_all([outgoing]):
            raise refusal.error


def compile_capacities(
    capacities: Capacities | Iterable[tuple[str | re.Pattern[str], int]],
) -> list[tuple[re.Pattern[str], int]]:
    """Returns capacities by pattern, globs compiled, in the order given.

    Raises:
        ValueError: they are no patterns with capacities.
    """
    return [
        (re.compile(fnmatch.translate(pattern)) if isinstance(pattern, str) else pattern, value)
        for pattern, value in config.capacity_pairs("channel_capacity", capacities)
    ]
