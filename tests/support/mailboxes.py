"""Mailboxes of the test's own, and what arrives in them."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from channels.layers.mailbox import Mailbox
from tests.support.waiting import eventually


class Receiver:
    """Notes what arrives.

    Attributes:
        direct: (channel, message) pairs.
        groups: (set of channels, message) pairs.
        held: channels that somebody is behind.
        lost_channels: of which something was dropped.
        events: all of it, in order: ("direct" | "group" | "lost", what).
    """

    def __init__(self) -> None:
        self.direct: list[tuple[str, dict[str, Any]]] = []
        self.groups: list[tuple[set[str], dict[str, Any]]] = []
        self.held: set[str] = set()
        self.lost_channels: set[str] = set()
        self.events: list[tuple[str, Any]] = []

    def connections(self) -> Collection[str]:
        return self.held

    def deliver(self, channel: str, message: dict[str, Any]) -> None:
        self.direct.append((channel, message))
        self.events.append(("direct", message))

    def deliver_group(self, channels: Collection[str], message: dict[str, Any]) -> None:
        self.groups.append((set(channels), message))
        self.events.append(("group", message))

    def lost(self, channels: Collection[str]) -> None:
        self.lost_channels.update(channels)
        self.events.append(("lost", set(channels)))


@asynccontextmanager
async def opened(layer: Any, receiver: Receiver, prefix: str = "test") -> AsyncIterator[Mailbox]:
    """An open mailbox on a layer; it listens before the block begins, and is closed after it."""
    mailbox = layer.open_mailbox(prefix, receiver)
    await mailbox.open()
    await hear(layer, mailbox, receiver)
    try:
        yield mailbox
    finally:
        await mailbox.close()


async def hear(layer: Any, mailbox: Mailbox, receiver: Receiver) -> None:
    """Wait until a mailbox has heard of everything that was sent to it before."""
    probes = {channel: {"probe": channel} for channel in _one_on_each_server(layer, mailbox)}
    for channel, message in probes.items():
        await asyncio.to_thread(layer.send, channel, message)
    for probe in probes.items():
        await eventually(lambda probe=probe: probe in receiver.direct, "the mailbox to hear")
        receiver.direct.remove(probe)
        receiver.events.remove(("direct", probe[1]))


def _one_on_each_server(layer: Any, mailbox: Mailbox) -> list[str]:
    """Return new channels of a mailbox, one for each of the servers that share them."""
    servers = len(getattr(layer, "nodes", "1"))
    found: dict[int, str] = {}
    while len(found) < servers:
        channel = mailbox.new_channel()
        found[layer.shard(channel) if servers > 1 else 0] = channel
    return list(found.values())
