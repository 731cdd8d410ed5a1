"""The layer's operations as Redis commands, and replies as results. No I/O here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import msgpack
from redis.exceptions import ResponseError

from asgi_redis import scripts
from asgi_redis.errors import unavailable
from asgi_redis.inbox import Question
from asgi_redis.keys import WORKERS, Keys
from asgi_redis.scripts import Command
from channels.layers import names
from channels.layers.base import TAKEN_SECONDS
from channels.layers.exceptions import ChannelFull, ChannelGone
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal

# An interface server without a heartbeat for this long is gone.
PROCESS_TTL_MS = 10_000
# How long an interface server that was given up may come back and be told so.
TOMB_TTL_MS = 86_400_000
# Times a message may be handed to a worker that dies with it.
MAX_TRIES = 5
# The newest dead letters are kept.
DEAD_LETTERS = 10_000
# How long the members of a group are kept for whoever asked for them.
ANSWER_TTL_MS = 10_000
# For larger messages an inbox is asked how many bytes it takes.
LARGE_BYTES = 64 * 1024
# How many unread entries of an inbox are looked at for news of a group.
LOOK_AHEAD = 2_000
# How long what was taken to be brought back is nobody else's.
TAKEN_MS = int(TAKEN_SECONDS * 1000)
# How many messages that were set aside one worker sees to at a time.
OVERDUE_COUNT = 100


class Planned(NamedTuple):
    """A command and the sends that it carries."""

    command: Command
    items: list[Outgoing]


class Sent(NamedTuple):
    """What came of some sends.

    Fields:
        refusals: those that found their channel full, or that the server does not take.
        onward: sends to the members of groups that are no processes, still to be made.
        drops: by group, the number of processes that had no room.
    """

    refusals: list[Refusal]
    onward: list[Outgoing]
    drops: dict[str, int]


@dataclass(frozen=True)
class Commands:
    """Makes commands for one layer.

    Arguments:
        keys: the layer's key names.
        expiry_ms: of a message.
        group_expiry_ms: of a membership.
        capacity_of: returns the capacity of a channel.
        mailbox_capacity: of an interface server's inbox.
        mailbox_bytes: that an inbox may take before large messages have no room in it.
        encrypt: what happens to an encoded message on its way into Redis.
    """

    keys: Keys
    expiry_ms: int
    group_expiry_ms: int
    capacity_of: Callable[[str], int]
    mailbox_capacity: int
    mailbox_bytes: int
    encrypt: Callable[[bytes], bytes]

    @property
    def keep_ms(self) -> int:
        """How long what is for a process is kept: it may be silent for a while, and is told then
        what has expired."""
        return max(self.expiry_ms, 2 * PROCESS_TTL_MS)

    def sends(self, outgoing: Sequence[Outgoing]) -> list[Planned]:
        """Returns commands for some sends, in order; neighbours to one queue share a command."""
        planned: list[Planned] = []
        for target, group in groupby(outgoing, key=_target):
            items = list(group)
            if items[0].is_group:
                planned.extend(Planned(self._send_group(item), [item]) for item in items)
            elif target.endswith("!"):
                planned.append(Planned(self._send_local(target, items), items))
            else:
                planned.append(Planned(self._send(target, items), items))
        return planned

    def sent(self, address: str, planned: Sequence[Planned], replies: Sequence[Any]) -> Sent:
        """Returns what came of the sends, from the replies of the server at an address."""
        result = Sent([], [], {})
        for (_, items), reply in zip(planned, replies, strict=True):
            if isinstance(reply, ResponseError):
                result.refusals.extend(Refusal(item, unavailable(address, reply)) for item in items)
            elif items[0].is_group:
                self._group_sent(items[0], reply, result)
            elif names.is_local(items[0].name):
                result.refusals.extend(_refusal(items, position) for position in reply)
            else:
                result.refusals.extend(_full(item) for item in items[reply:])
        return result

    def choke(self, process: str, channel: str) -> Command:
        """Returns the command that stops for a while what is sent to a channel of a process."""
        return scripts.choke([self.keys.choked(process)], channel, self.expiry_ms, 1)

    def unchoke(self, process: str, channel: str) -> Command:
        """Returns the command that lets a channel of a process be sent to again."""
        return ("ZREM", self.keys.choked(process), channel)

    def hang_up(self, process: str, channel: str) -> Command:
        """Returns the command that tells senders that the client behind a channel has left."""
        return scripts.choke([self.keys.choked(process)], channel, self.expiry_ms, -1)

    def tell_lost(self, channel: str) -> list[Command]:
        """Returns the commands that tell a channel's process that a message was dropped."""
        dropped = self.keys.dropped(names.owner_of(channel))
        return [("SADD", dropped, channel), ("PEXPIRE", dropped, self.keep_ms)]

    def group_add(self, group: str, channel: str) -> Command:
        """Returns the command that puts a channel into a group."""
        if names.is_local(channel):
            return self._group_change("a", group, channel)
        return scripts.group_add([self.keys.group(group)], channel, self.group_expiry_ms)

    def group_discard(self, group: str, channel: str) -> Command:
        """Returns the command that takes a channel out of a group."""
        if names.is_local(channel):
            return self._group_change("d", group, channel)
        return ("ZREM", self.keys.group(group), channel)

    def group_members(self, group: str) -> Command:
        """Returns the command that lists a group's members and processes."""
        keys = [self.keys.group(group), self.keys.processes]
        return scripts.group_members(keys, self.group_expiry_ms, PROCESS_TTL_MS)

    def ask_members(self, process: str, group: str, answer: str) -> list[Command]:
        """Returns the commands that ask a process for its members of a group."""
        inbox = self.keys.inbox(process)
        # The process may be dead by now, and its inbox gone.
        return [("XADD", inbox, "*", "q", group, "m", answer), self.keep(inbox)]

    def answer(self, question: Question) -> list[Command]:
        """Returns the commands that list this process's members of a group."""
        members = msgpack.packb(question.channels)
        return [
            ("RPUSH", question.answer, members),
            ("PEXPIRE", question.answer, ANSWER_TTL_MS),
        ]

    def beat(self, process: str, members: int, run: str, read: str) -> Command:
        """Returns the heartbeat of an interface server.

        Arguments:
            process: whose.
            members: how many of its channels are in groups.
            run: of Redis that heard it last, "" if none did.
            read: the note that it missed something which it has read, "" if none.
        """
        keys = [
            self.keys.processes,
            self.keys.dropped(process),
            self.keys.given_up(process),
            self.keys.loads,
            self.keys.silence,
            self.keys.inbox(process),
            self.keys.workers,
            self.keys.kept,
            self.keys.worker_silence,
            self.keys.kept_groups,
        ]
        times = (PROCESS_TTL_MS // 2, PROCESS_TTL_MS, self.keep_ms)
        return scripts.beat(keys, process, members, *times, run, read, TOMB_TTL_MS)

    def bury(self, *leaving: str) -> Command:
        """Returns the command that removes interface servers without a heartbeat, or one."""
        keys = self.keys
        return scripts.bury(
            [keys.processes, keys.loads, keys.silence],
            PROCESS_TTL_MS,
            keys.inboxes,
            keys.memberships,
            keys.groups,
            keys.tombs,
            TOMB_TTL_MS,
            *leaving,
        )

    def leave(self, process: str) -> list[Command]:
        """Returns the commands that remove an interface server that goes away by itself."""
        return [
            self.bury(process),
            ("UNLINK", self.keys.inbox(process), self.keys.dropped(process)),
        ]

    def register(self, process: str, groups: Sequence[str]) -> Command:
        """Returns the command that registers a process in groups again."""
        keys = [
            self.keys.groups_of(process),
            self.keys.inbox(process),
            self.keys.silence,
            self.keys.kept,
            self.keys.kept_groups,
            *map(self.keys.group, groups),
        ]
        times = (self.group_expiry_ms, self.expiry_ms, self.keep_ms)
        return scripts.register(keys, process, *times, *groups)

    def unregister(self, process: str, groups: Sequence[str], last_id: str) -> Command:
        """Returns the command that takes a process without members out of groups."""
        keys = [self.keys.inbox(process), self.keys.groups_of(process)]
        keys += map(self.keys.group, groups)
        return scripts.unregister(keys, process, last_id, LOOK_AHEAD, *groups)

    def read(
        self, worker: str, channels: Sequence[str], once: Sequence[bool], limit: int
    ) -> Command:
        """Returns the command that reads for a worker, without waiting."""
        flags = ["1" if flag else "0" for flag in once]
        streams = list(map(self.keys.stream, channels))
        return scripts.read(streams, WORKERS, worker, limit, self.expiry_ms, *flags)

    def read_blocking(self, worker: str, channels: Sequence[str], block_ms: int) -> Command:
        """Returns the command that waits for one message for a worker."""
        streams = list(map(self.keys.stream, channels))
        options = ("COUNT", 1, "BLOCK", block_ms, "STREAMS")
        return ("XREADGROUP", "GROUP", WORKERS, worker, *options, *streams, *(">" for _ in streams))

    def create_groups(self, channels: Sequence[str]) -> list[Command]:
        """Returns the commands that make channels ready to be waited on."""
        return [
            command
            for stream in map(self.keys.stream, channels)
            for command in (
                ("XGROUP", "CREATE", stream, WORKERS, "0", "MKSTREAM"),
                # Whoever goes on reading sees to it that the stream is kept.
                self.keep(stream),
            )
        ]

    def settle(self, channel: str, ids: Sequence[bytes]) -> Command:
        """Returns the command that settles messages a worker is done with.

        A server without memory refuses it, as it refuses what their consumers have sent.
        """
        return scripts.settle([self.keys.stream(channel)], WORKERS, *ids)

    def drop(self, channel: str, entry_id: bytes) -> list[Command]:
        """Returns the commands that settle a message before it runs, or one that cannot."""
        stream = self.keys.stream(channel)
        return [("XACK", stream, WORKERS, entry_id), ("XDEL", stream, entry_id)]

    def send_again(self, item: Outgoing) -> list[Command]:
        """Returns the commands that put back what was settled when it was read, full or not."""
        return self.put_back(item.name, self.encrypt(item.data))

    def put_back(self, channel: str, data: bytes) -> list[Command]:
        """As `send_again`, for data that have been in Redis."""
        stream = self.keys.stream(channel)
        return [("XADD", stream, "*", "m", data), self.keep(stream)]

    def set_aside(self, place: str, item: Outgoing, wait_ms: int, is_near: bool) -> Command:
        """Returns the command that keeps a message until its turn.

        Arguments:
            place: its name, on the server that gets the command.
            item: the message, for the channel that it goes back to.
            wait_ms: after which somebody should see to it.
            is_near: whether that server has the channel too.
        """
        keys = [self.keys.aside(place), self.keys.asides]
        keys += [self.keys.stream(item.name)] if is_near else []
        times = (wait_ms, self.expiry_ms, self.group_expiry_ms)
        return scripts.set_aside(keys, place, item.name, self.encrypt(item.data), *times)

    def bring_back(self, places: Sequence[str]) -> Command:
        """Returns the command that puts back what was set aside, or takes it for who does."""
        keys = [self.keys.asides, *map(self.keys.aside, places)]
        return scripts.bring_back(keys, TAKEN_MS, self.expiry_ms, *places)

    def brought_back(self, taken: Mapping[str, bytes]) -> Command:
        """Returns the command that removes what was taken and has been put back.

        Arguments:
            taken: by place, the mark of what was taken there.
        """
        keys = [self.keys.asides, *map(self.keys.aside, taken)]
        return scripts.brought_back(keys, *(one for pair in taken.items() for one in pair))

    def overdue(self) -> Command:
        """Returns the command that asks for places that somebody should see to."""
        return scripts.overdue([self.keys.asides], OVERDUE_COUNT)

    def keep(self, stream: str) -> Command:
        """Returns the command that keeps a stream for as long as a message lives, or longer."""
        return scripts.keep([stream], self.expiry_ms)

    def hand_back(
        self, channel: str, worker: str, died: bool, ids: Sequence[bytes] = ()
    ) -> Command:
        """Returns the command that puts back what a worker took; without ids, all of it."""
        keys = [self.keys.stream(channel), self.keys.dead_letters, self.keys.statistics]
        return scripts.hand_back(
            keys, WORKERS, worker, int(died), MAX_TRIES, channel, DEAD_LETTERS, *ids
        )

    def dead_letter(self, channel: str, data: bytes, reason: str) -> Command:
        """Returns the command that keeps an entry that is no message."""
        entry = ("m", data, "c", channel, "r", reason, "s", self.keys.stream(channel))
        return ("XADD", self.keys.dead_letters, "MAXLEN", "~", DEAD_LETTERS, "*", *entry)

    def _send(self, channel: str, items: Sequence[Outgoing]) -> Command:
        counts = [self.keys.statistics]
        if not names.is_single_reader(channel):
            # There is one of those for every upload, and nobody asks about it.
            counts.append(self.keys.channel_statistics(channel))
        return scripts.send(
            [self.keys.stream(channel), *counts],
            self.capacity_of(channel),
            self.expiry_ms,
            WORKERS,
            self.group_expiry_ms,
            *(self.encrypt(item.data) for item in items),
        )

    def _send_local(self, process: str, items: Sequence[Outgoing]) -> Command:
        pairs: list[str | bytes] = []
        for item in items:
            pairs += (item.name, self.encrypt(item.data))
        return scripts.send_local(
            [
                self.keys.inbox(process),
                self.keys.processes,
                self.keys.choked(process),
                self.keys.statistics,
                self.keys.given_up(process),
                self.keys.dropped(process),
            ],
            process,
            self.capacity_of(items[0].name),
            self.mailbox_capacity,
            self.expiry_ms,
            LARGE_BYTES,
            self.mailbox_bytes,
            self.keep_ms,
            *pairs,
        )

    def _send_group(self, item: Outgoing) -> Command:
        return scripts.send_group(
            [
                self.keys.group(item.name),
                self.keys.processes,
                self.keys.statistics,
                self.keys.silence,
                self.keys.kept,
                self.keys.kept_groups,
            ],
            item.name,
            self.encrypt(item.data),
            self.keys.inboxes,
            self.keys.drops,
            self.capacity_of(item.name),
            self.mailbox_capacity,
            self.keep_ms,
            self.group_expiry_ms,
            PROCESS_TTL_MS,
            LARGE_BYTES,
            self.mailbox_bytes,
            PROCESS_TTL_MS // 2,
        )

    @staticmethod
    def _group_sent(item: Outgoing, reply: Any, result: Sent) -> None:
        others, drops = reply
        result.onward.extend(Outgoing(name.decode(), item.data, False) for name in others)
        if drops:
            result.drops[item.name] = result.drops.get(item.name, 0) + drops

    def _group_change(self, change: str, group: str, channel: str) -> Command:
        process = names.owner_of(channel)
        keys = [
            self.keys.group(group),
            self.keys.inbox(process),
            self.keys.groups_of(process),
            self.keys.given_up(process),
            self.keys.kept,
            self.keys.processes,
            self.keys.kept_groups,
        ]
        times = (self.expiry_ms, self.group_expiry_ms, self.keep_ms)
        capacity = self.capacity_of(channel)
        return scripts.group_change(keys, change, group, channel, process, *times, capacity)


def _target(item: Outgoing) -> str:
    """Returns the queue that a send ends in; the same for all channels of a process."""
    if item.is_group:
        return f"group {item.name}"
    return names.owner_of(item.name) if names.is_local(item.name) else item.name


def _refusal(items: Sequence[Outgoing], position: int) -> Refusal:
    """Returns why a message was not taken; the position is as send_local.lua tells it."""
    item = items[abs(position) - 1]
    if position > 0:
        return _full(item)
    return Refusal(item, ChannelGone(f"The client behind channel {item.name!r} has left."))


def _full(item: Outgoing) -> Refusal:
    return Refusal(item, ChannelFull(f"Channel {_target(item)!r} holds all that it may."))
