"""The layer that lives in one process: for development and tests."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from channels.layers import codec, names
from channels.layers.base import BaseChannelLayer, Received
from channels.layers.exceptions import ChannelFull, ChannelGone, ChannelLayerError
from channels.layers.mailbox import Mailbox, Receiver, hand_over
from channels.layers.membership import Membership
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal

logger = logging.getLogger(__name__)

BLOCK_SECONDS = 1.0


class _Entry(NamedTuple):
    expires: float
    data: bytes
    channels: tuple[str, ...]
    to_group: bool = False


class InMemoryChannelLayer(BaseChannelLayer):
    """Channels and groups of the threads of one process; any thread may call it.

    Messages are encoded as on every other layer, so that what cannot travel fails here too.
    """

    extensions = ("groups", "flush", "async", "twisted")
    single_process = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changed = threading.Condition()
        self._queues: dict[str, deque[_Entry]] = {}
        self._aside: dict[tuple[str, int], _Entry] = {}
        self._groups = Membership()
        self._mailboxes: dict[str, _MemoryMailbox] = {}
        self._choked: set[str] = set()
        # Whose clients, or processes, have left, and until when that is known.
        self._gone: dict[str, float] = {}
        self._next_sweep = 0.0

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Refusal]:
        refusals = []
        with self._changed:
            self._sweep()
            for item in outgoing:
                try:
                    if item.is_group:
                        self._put_group(item.name, item.data)
                    else:
                        self._put(item.name, (item.name,), item.data)
                except ChannelFull as error:
                    refusals.append(Refusal(item, error))
        return refusals

    def receive(self, channels: Sequence[str], block: bool = False) -> Received:
        wanted = [names.check_receivable(channel) for channel in channels]
        deadline = time.monotonic() + (BLOCK_SECONDS if block else 0)
        with self._changed:
            while True:
                entry = self._take(wanted)
                if entry is not None:
                    return entry.channels[0], codec.decode(entry.data)
                if not self._changed.wait(max(0, deadline - time.monotonic())):
                    return None, None

    def group_add(self, group: str, channel: str) -> None:
        names.check_group(group)
        names.check_channel(channel)
        with self._changed:
            self._groups.add(group, channel, time.monotonic())

    def group_discard(self, group: str, channel: str) -> None:
        names.check_group(group)
        names.check_channel(channel)
        with self._changed:
            self._groups.discard(group, channel)

    def group_channels(self, group: str) -> list[str]:
        names.check_group(group)
        with self._changed:
            self._groups.expire(time.monotonic() - self.group_expiry)
            return list(self._groups.channels(group))

    def flush(self) -> None:
        with self._changed:
            self._queues.clear()
            self._aside.clear()
            self._groups = Membership()
            self._choked.clear()
            self._gone.clear()

    def tell_lost(self, channel: str) -> None:
        with self._changed:
            self._drop(names.owner_of(channel), (channel,))

    def open_mailbox(self, prefix: str, receiver: Receiver) -> Mailbox:
        return _MemoryMailbox(prefix, receiver, self)

    def attach(self, mailbox: _MemoryMailbox) -> None:
        """From now on the mailbox is told when something is sent to its channels."""
        with self._changed:
            self._mailboxes[mailbox.name] = mailbox

    def detach(self, mailbox: _MemoryMailbox) -> None:
        """The mailbox is closed: drops its queue."""
        with self._changed:
            self._mailboxes.pop(mailbox.name, None)
            self._queues.pop(mailbox.name, None)
            self._gone[mailbox.name] = time.monotonic() + self.expiry

    def drain(self, name: str) -> list[_Entry]:
        """Takes everything off a mailbox's queue that has not expired."""
        with self._changed:
            now = time.monotonic()
            return [entry for entry in self._queues.pop(name, ()) if entry.expires > now]

    def forget(self, channel: str) -> None:
        """Takes a channel that is gone out of all groups."""
        with self._changed:
            self._groups.forget(channel)
            self._choked.discard(channel)

    def choke(self, channel: str, choked: bool) -> None:
        """Refuses what is sent to a channel, or takes it again."""
        with self._changed:
            self._choked.add(channel) if choked else self._choked.discard(channel)

    def hang_up(self, channel: str) -> None:
        """Refuses what is sent to a channel, until nobody should be sending to it any more."""
        with self._changed:
            self._gone[channel] = time.monotonic() + self.expiry

    def send_again(self, channel: str, message: dict[str, Any]) -> None:
        item = Outgoing.to_channel(channel, message)
        with self._changed:
            self._put_again(channel, item.data)

    def set_aside(
        self, owner: str, turn: int, channel: str, message: dict[str, Any], seconds: float
    ) -> None:
        item = Outgoing.to_channel(channel, message)
        entry = _Entry(time.monotonic() + self.expiry, item.data, (channel,))
        with self._changed:
            self._sweep()
            self._aside[owner, turn] = entry

    def bring_back(self, owner: str, turns: Sequence[int]) -> None:
        now = time.monotonic()
        with self._changed:
            for turn in turns:
                entry = self._aside.pop((owner, turn), None)
                if entry is None or entry.expires <= now:
                    return
                self._put_again(entry.channels[0], entry.data)

    def _put_again(self, channel: str, data: bytes) -> None:
        key = names.owner_of(channel) if names.is_local(channel) else channel
        entry = _Entry(time.monotonic() + self.expiry, data, (channel,))
        self._queues.setdefault(key, deque()).append(entry)
        self._changed.notify_all()

    def _put_group(self, group: str, data: bytes) -> None:
        self._groups.expire(time.monotonic() - self.group_expiry)
        for name, channels in self._targets(group):
            try:
                self._put(name, channels, data, to_group=True)
            except ChannelGone:
                continue
            except ChannelFull as error:
                logger.warning("Group %s: dropped a message. %s", group, error)
                self._drop(name, channels)

    def _targets(self, group: str) -> list[tuple[str, tuple[str, ...]]]:
        """One target for each mailbox with members, one for each other member."""
        targets = []
        by_mailbox: dict[str, list[str]] = defaultdict(list)
        for channel in self._groups.channels(group):
            owner = names.owner_of(channel) if names.is_local(channel) else ""
            if owner in self._mailboxes:
                by_mailbox[owner].append(channel)
            else:
                targets.append((channel, (channel,)))
        return targets + [(owner, tuple(members)) for owner, members in by_mailbox.items()]

    def _put(
        self, name: str, channels: tuple[str, ...], data: bytes, to_group: bool = False
    ) -> None:
        key = names.owner_of(name) if names.is_local(name) else name
        if name in self._gone or key in self._gone:
            raise ChannelGone(f"The client behind channel {name!r} has left.")
        mailbox = self._mailboxes.get(key)
        queue = self._queues.setdefault(key, deque())
        capacity = self.mailbox_capacity if mailbox else self.capacity_of(name)
        if len(queue) >= capacity:
            _drop_expired(queue)
        if len(queue) >= capacity or name in self._choked:
            raise ChannelFull(f"Channel {key!r} holds {len(queue)} unread messages, all it may.")
        queue.append(_Entry(time.monotonic() + self.expiry, data, channels, to_group))
        self._changed.notify_all()
        if mailbox:
            mailbox.wake()

    def _drop(self, name: str, channels: tuple[str, ...]) -> None:
        mailbox = self._mailboxes.get(name)
        if mailbox:
            mailbox.tell_lost(channels)

    def _take(self, wanted: list[str]) -> _Entry | None:
        now = time.monotonic()
        for name in random.sample(wanted, len(wanted)):
            queue = self._queues.get(name)
            while queue:
                entry = queue.popleft()
                if entry.expires > now:
                    return entry
        return None

    def _sweep(self) -> None:
        """Drops what expired on channels that nobody reads, and what nobody brought back."""
        now = time.monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + self.expiry
        for name, queue in list(self._queues.items()):
            _drop_expired(queue)
            if not queue:
                del self._queues[name]
        self._aside = {place: one for place, one in self._aside.items() if one.expires > now}
        self._gone = {name: until for name, until in self._gone.items() if until > now}


def _drop_expired(queue: deque[_Entry]) -> None:
    now = time.monotonic()
    while queue and queue[0].expires <= now:
        queue.popleft()


class _MemoryMailbox(Mailbox):
    """The queue of an interface server in the same process."""

    def __init__(self, prefix: str, receiver: Receiver, layer: InMemoryChannelLayer) -> None:
        super().__init__(prefix)
        self._receiver = receiver
        self._layer = layer
        self._woken = threading.Event()

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._layer.attach(self)

    def send(self, channel: str, message: dict[str, Any]) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._layer.send(channel, message)
        except ChannelLayerError as error:
            future.set_exception(error)
        else:
            future.set_result(None)
        return future

    def forget(self, channel: str) -> None:
        self._layer.forget(channel)

    def choke(self, channel: str, choked: bool) -> None:
        self._layer.choke(channel, choked)

    def hang_up(self, channel: str) -> None:
        self._layer.hang_up(channel)

    async def close(self) -> None:
        self._layer.detach(self)

    def wake(self) -> None:
        """Something was sent: delivers it in the event loop. Any thread may call this."""
        if not self._woken.is_set():
            self._woken.set()
            self._call_in_loop(self._deliver)

    def tell_lost(self, channels: tuple[str, ...]) -> None:
        """Something was dropped. Any thread may call this."""
        self._call_in_loop(self._receiver.lost, channels)

    def _call_in_loop(self, callback: Any, *args: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *args)

    def _deliver(self) -> None:
        self._woken.clear()
        for entry in self._layer.drain(self.name):
            message = codec.decode(entry.data)
            hand_over(self._receiver, entry.channels, message, entry.to_group)
