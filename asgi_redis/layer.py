"""The channel layer over Redis, for any number of processes and machines."""

from __future__ import annotations

import fnmatch
import logging
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

import msgpack
from redis.exceptions import ResponseError

from asgi_redis import statistics
from asgi_redis.commands import Commands, Sent
from asgi_redis.crypto import Cipher
from asgi_redis.dead_letters import DeadLetters
from asgi_redis.drops import Drops
from asgi_redis.errors import is_group_there, is_stream_missing, is_wrong_type, unavailable
from asgi_redis.hosts import Host, Options, Server, url_servers
from asgi_redis.keys import Keys, shard
from asgi_redis.mailbox import RedisMailbox
from asgi_redis.node import Node
from asgi_redis.outage import Outage
from asgi_redis.subscription import RedisSubscription
from asgi_redis.sync_inbox import SyncInboxes
from channels.layers import codec, config, names
from channels.layers.base import BaseChannelLayer, Received
from channels.layers.exceptions import LayerUnavailable, RefusedForNow
from channels.layers.mailbox import Mailbox, Receiver
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal, Subscription

logger = logging.getLogger(__name__)

BLOCK_MS = 1000
# How long `group_channels` waits for the processes of a group to list their members.
ANSWER_SECONDS = 2.0
# What `receive` reads is settled at once, so any one name will do.
READER = "receive"


class RedisChannelLayer(BaseChannelLayer):
    """Channels and groups in Redis 7+ or Valkey 7.2+ (the contract, section 1).

    Arguments:
        expiry: seconds after which an unread message is never delivered.
        hosts: URLs (redis://, rediss://, unix://) or (host, port) pairs; several share the
            channels and groups among them.
        prefix: what all keys begin with.
        group_expiry: seconds after which a channel that was not added again leaves a group.
        capacity: unread messages that a channel holds before it is full.
        channel_capacity: other capacities, by glob or compiled regular expression.
        symmetric_encryption_keys: messages are encrypted with the first and decrypted with any.
        stats_prefix: what the keys of the statistics begin with, by default the prefix and
            "meta:".
        connection_kwargs: further options of redis-py's connections.
        at_most_once: globs of channels whose messages are settled when they are read, instead
            of when their consumer has returned.

    Raises:
        ValueError: a setting that cannot work; the text says what to write.
    """

    extensions = ("groups", "flush", "statistics", "dead_letters", "async", "twisted")

    def __init__(
        self,
        expiry: float = 60,
        hosts: Iterable[Host] | None = None,
        prefix: str = "asgi:",
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: Any = None,
        symmetric_encryption_keys: Sequence[str | bytes] | None = None,
        stats_prefix: str | None = None,
        connection_kwargs: Mapping[str, Any] | None = None,
        at_most_once: Sequence[str] = ("http.request",),
    ) -> None:
        super().__init__(expiry, group_expiry, capacity, channel_capacity)
        config.check_text("prefix", prefix)
        config.check_text("stats_prefix", stats_prefix or "")
        if hosts is not None and not hosts:
            raise ValueError(
                "hosts has none in it: name the servers, or leave it out for localhost."
            )
        self.keys = self.make_keys(prefix, stats_prefix or f"{prefix}meta:")
        self.at_most_once = config.globs("at_most_once", at_most_once)
        self.servers = self.find_servers(hosts, dict(connection_kwargs or {}))
        self.nodes = [Node(server) for server in self.servers]
        self._cipher = Cipher(symmetric_encryption_keys) if symmetric_encryption_keys else None
        self.commands = Commands(
            keys=self.keys,
            expiry_ms=int(expiry * 1000),
            group_expiry_ms=int(group_expiry * 1000),
            capacity_of=self.capacity_of,
            mailbox_capacity=self.mailbox_capacity,
            mailbox_bytes=self.mailbox_bytes,
            encrypt=self._cipher.encrypt if self._cipher else _unchanged,
        )
        self._drops = Drops()
        # Channels whose key has held something else.
        self._foreign: dict[str, Outage] = {}
        self._inboxes = SyncInboxes(self)

    def send_all(self, outgoing: Sequence[Outgoing]) -> list[Refusal]:
        by_node: dict[int, list[Outgoing]] = defaultdict(list)
        for item in outgoing:
            by_node[self.shard(item.name)].append(item)
        if len(by_node) == 1:
            [(index, items)] = by_node.items()
            return self.send_to(index, items)
        refusals: list[Refusal] = []
        for index, items in by_node.items():
            try:
                refusals += self.send_to(index, items)
            except LayerUnavailable as error:
                later = RefusedForNow(str(error))
                refusals += [Refusal(item, later) for item in items]
        return refusals

    def send_to(self, index: int, items: Sequence[Outgoing]) -> list[Refusal]:
        """Sends what belongs to one of the nodes, in order, as `send_all` does."""
        node = self.nodes[index]
        planned = self.commands.sends(items)
        replies = node.execute([command for command, _ in planned])
        return self.conclude(self.commands.sent(node.address, planned, replies))

    def conclude(self, sent: Sent) -> list[Refusal]:
        """Logs what groups dropped, sends on to members that are no processes.

        Returns:
            what was refused.
        """
        for group, count in sent.drops.items():
            self._drops.note(f"group {group!r}", count, "No room.")
        if sent.onward:
            for item, error in self._send_onward(sent.onward):
                self._drops.note(str(item), 1, str(error))
        return sent.refusals

    def send_again(self, channel: str, message: dict[str, Any]) -> None:
        item = Outgoing.to_channel(channel, message)
        index = self.shard(channel)
        if names.is_local(channel):
            # A process's inbox has no other reader.
            data = self.commands.encrypt(item.data)
            self._inboxes.get(index, names.owner_of(channel)).put_back(channel, data)
        else:
            node = self.nodes[index]
            node.expect(node.execute(self.commands.send_again(item)))

    def set_aside(
        self, owner: str, turn: int, channel: str, message: dict[str, Any], seconds: float
    ) -> None:
        item = Outgoing.to_channel(channel, message)
        place, wait_ms = f"{owner} {turn}", int(seconds * 1000)
        is_near = self.shard(owner) == self.shard(channel)
        command = self.commands.set_aside(place, item, wait_ms, is_near)
        self.nodes[self.shard(owner)].run(command)

    def bring_back(self, owner: str, turns: Sequence[int]) -> None:
        node = self.nodes[self.shard(owner)]
        places = [f"{owner} {turn}" for turn in turns]
        taken = node.run(self.commands.bring_back(places))
        for _, channel, data, _ in taken:
            there = self.nodes[self.shard(channel.decode())]
            there.expect(there.execute(self.commands.put_back(channel.decode(), data)))
        if taken:
            # Last: who dies here leaves two of a message instead of none.
            marks = {place.decode(): mark for place, _, _, mark in taken}
            node.run(self.commands.brought_back(marks))

    def overdue(self) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        for node in self.nodes:
            with suppress(LayerUnavailable):  # it tells when it is back
                for place in node.run(self.commands.overdue()):
                    owner, _, turn = place.decode().partition(" ")
                    found.append((owner, int(turn)))
        return found

    def receive(self, channels: Sequence[str], block: bool = False) -> Received:
        # In any order, so that no busy one keeps another waiting for ever.
        wanted = random.sample([names.check_receivable(name) for name in channels], len(channels))
        local = [name for name in wanted if names.is_local(name)]
        shared = [name for name in wanted if not names.is_local(name)]
        deadline = time.monotonic() + BLOCK_MS / 1000
        while True:
            # Only one place at a time can be waited at; several are asked in turn.
            places = len(local) * len(self.nodes) + len({self.shard(name) for name in shared})
            wait_ms = BLOCK_MS if block and places == 1 else 0
            kinds = [(self._take_local, local), (self._take_shared, shared)]
            for take, here in random.sample(kinds, len(kinds)):
                if received := take(here, wait_ms):
                    return received
            if not block or time.monotonic() >= deadline:
                return None, None
            if not wait_ms:
                time.sleep(0.005)

    def group_add(self, group: str, channel: str) -> None:
        names.check_group(group)
        names.check_channel(channel)
        self.nodes[self.shard(group)].run(self.commands.group_add(group, channel))

    def group_discard(self, group: str, channel: str) -> None:
        names.check_group(group)
        names.check_channel(channel)
        self.nodes[self.shard(group)].run(self.commands.group_discard(group, channel))

    def group_channels(self, group: str) -> list[str]:
        names.check_group(group)
        index = self.shard(group)
        others, alive, unknown = self.nodes[index].run(self.commands.group_members(group))
        channels = [name.decode() for name in others]
        for process in unknown:
            channels += self._peek_members(index, process.decode(), group)
        return channels + self._ask_members(index, [name.decode() for name in alive], group)

    def tell_lost(self, channel: str) -> None:
        node = self.nodes[self.shard(channel)]
        node.expect(node.execute(self.commands.tell_lost(channel)))

    def flush(self) -> None:
        self._inboxes.clear()
        for node in self.nodes:
            for prefix in (self.keys.prefix, self.keys.stats_prefix):
                _unlink_all(node, prefix)

    def make_keys(self, prefix: str, stats_prefix: str) -> Keys:
        """Returns the layer's key names."""
        return Keys(prefix, stats_prefix)

    def find_servers(self, hosts: Iterable[Host] | None, options: Options) -> list[Server]:
        """Returns the servers that the settings name."""
        return url_servers(hosts, options)

    def ping(self) -> None:
        for node in self.nodes:
            node.run(("PING",))

    def global_statistics(self) -> dict[str, Any]:
        """Returns the layer's counts; names and errors are those of `statistics.of_layer`."""
        return statistics.of_layer(self.nodes, self.keys)

    def channel_statistics(self, channel: str) -> dict[str, Any]:
        """Returns a channel's counts; the names are those of `statistics.of_channel`."""
        names.check_channel(channel)
        return statistics.of_channel(self.nodes[self.shard(channel)], self.keys, channel)

    def survey(self, channels: Iterable[str]) -> statistics.Survey:
        """Returns the layer's counts and those of channels, as far as its servers answer."""
        return statistics.survey(self.nodes, self.keys, map(names.check_channel, channels))

    @property
    def dead_letters(self) -> DeadLetters:
        """The messages that no consumer can be given."""
        return DeadLetters(self.nodes, self.commands, self.decode)

    def subscribe(self, channels: Sequence[str]) -> Subscription:
        if not channels:
            raise ValueError("Cannot subscribe to no channels: there is nothing to wait for.")
        return RedisSubscription(self, channels)

    def open_mailbox(self, prefix: str, receiver: Receiver) -> Mailbox:
        return RedisMailbox(prefix, receiver, self)

    def shard(self, name: str) -> int:
        """Returns which of the nodes a channel or group is on."""
        return shard(name, len(self.nodes))

    def is_at_most_once(self, channel: str) -> bool:
        """Returns whether a worker may take a message of this channel only once."""
        return any(fnmatch.fnmatchcase(channel, pattern) for pattern in self.at_most_once)

    def create_groups(self, node: Node, channels: Sequence[str]) -> list[str]:
        """Makes channels ready to be waited on.

        Returns:
            those that are: where a key holds something else, the log says so and the others go on.

        Raises:
            LayerUnavailable: the node refuses, or every key holds something else.
        """
        replies = node.execute(self.commands.create_groups(channels))
        made = zip(channels, replies[::2], strict=True)
        foreign = {name for name, reply in made if is_wrong_type(reply)}
        if len(foreign) == len(channels):
            node.expect(replies)
        node.expect([one for one in replies if not (is_group_there(one) or is_wrong_type(one))])
        for name in channels:
            self._tell_foreign(node, name, name in foreign)
        return [name for name in channels if name not in foreign]

    def decode(self, data: bytes) -> dict[str, Any]:
        """Returns the message in an entry; raises ValueError if there is none."""
        return codec.decode(self._cipher.decrypt(data) if self._cipher else data)

    def _send_onward(self, items: Sequence[Outgoing]) -> list[Refusal]:
        try:
            return self.send_all(items)
        except LayerUnavailable as error:
            # The other members have got it: whoever sent it must not be told to send it again.
            return [Refusal(item, error) for item in items]

    def _tell_foreign(self, node: Node, channel: str, is_foreign: bool) -> None:
        """Tells the log, once, that a channel's key holds something else, or does no more."""
        if not is_foreign:
            if outage := self._foreign.pop(channel, None):
                outage.end()
            return
        what = f"key {self.keys.stream(channel)!r} holds no stream; look what it is, and remove it."
        told = self._foreign.setdefault(channel, Outage(f"Cannot read channel {channel!r}"))
        told.meet(LayerUnavailable(f"Redis at {node.address}: {what}"))

    def _take_shared(self, channels: list[str], wait_ms: int) -> Received | None:
        by_node: dict[int, list[str]] = defaultdict(list)
        for channel in channels:
            by_node[self.shard(channel)].append(channel)
        for index, here in by_node.items():
            if received := self._read_shared(index, here):
                return received
            if wait_ms:
                return self._wait_shared(index, here, wait_ms)
        return None

    def _read_shared(self, index: int, channels: list[str]) -> Received | None:
        command = self.commands.read(READER, channels, [True] * len(channels), limit=1)
        while found := self.nodes[index].run(command):
            [(position, _, fields)] = found
            if received := self._open(index, channels[position - 1], fields[1]):
                return received
        return None

    def _open(self, index: int, channel: str, data: bytes) -> Received | None:
        """Returns what was taken, or None if it is no message and went to the dead letters."""
        try:
            return channel, self.decode(data)
        except ValueError as error:
            logger.error("Put an entry of %s to the dead letters: %s", channel, error)
            self.nodes[index].run(self.commands.dead_letter(channel, data, str(error)))
            return None

    def _wait_shared(self, index: int, channels: list[str], wait_ms: int) -> Received | None:
        node = self.nodes[index]
        reply = node.execute([self.commands.read_blocking(READER, channels, wait_ms)])[0]
        if isinstance(reply, ResponseError):
            if not (is_stream_missing(reply) or is_wrong_type(reply)):
                raise unavailable(node.address, reply) from reply
            ready = self.create_groups(node, channels)
            return None if ready == channels else self._wait_shared(index, ready, wait_ms)
        if not reply:
            return None
        by_stream = {self.keys.stream(channel): channel for channel in channels}
        (channel, (entry_id, fields)), *others = [
            (by_stream[stream.decode()], entries[0]) for stream, entries in reply
        ]
        # Redis gives one of each channel; only one is asked for.
        back = [self.commands.hand_back(name, READER, False, [entry[0]]) for name, entry in others]
        node.execute([*self.commands.drop(channel, entry_id), *back])
        return self._open(index, channel, fields[1])

    def _take_local(self, processes: list[str], wait_ms: int) -> Received | None:
        for process in processes:
            for index in random.sample(range(len(self.nodes)), len(self.nodes)):
                while taken := self._inboxes.get(index, process).take(wait_ms):
                    channel, data = taken
                    try:
                        return channel, self.decode(data)
                    except ValueError as error:
                        logger.error("Dropped a message to %s: %s", channel, error)
        return None

    def _peek_members(self, index: int, process: str, group: str) -> list[str]:
        """Lists the members of a process that cannot be asked: from news it has not read."""
        unread = self.nodes[index].run(("XRANGE", self.keys.inbox(process), "-", "+"))
        members = set(self._inboxes.get(index, process).members(group))
        for _, (operation, name, _, channel) in unread:
            if name.decode() == group and operation == b"a":
                members.add(channel.decode())
            elif name.decode() == group and operation == b"d":
                members.discard(channel.decode())
        return sorted(members)

    def _ask_members(self, index: int, processes: list[str], group: str) -> list[str]:
        if not processes:
            return []
        node = self.nodes[index]
        answer = self.keys.answer(names.random_part())
        asked = [self.commands.ask_members(process, group, answer) for process in processes]
        node.expect(node.execute(list(chain.from_iterable(asked))))
        channels: list[str] = []
        deadline = time.monotonic() + ANSWER_SECONDS
        for _ in processes:
            left = max(0.01, deadline - time.monotonic())
            reply = node.run(("BLPOP", answer, left))
            if reply is None:
                break
            channels += msgpack.unpackb(reply[1])
        return channels


def _unlink_all(node: Node, prefix: str) -> None:
    cursor: Any = b"0"
    pattern = re.sub(r"([*?[\\])", r"\\\1", prefix) + "*"
    while True:
        cursor, found = node.run(("SCAN", cursor, "MATCH", pattern, "COUNT", 500))
        if found:
            node.run(("UNLINK", *found))
        if cursor == b"0":
            return


def _unchanged(data: bytes) -> bytes:
    return data
