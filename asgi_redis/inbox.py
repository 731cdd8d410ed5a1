"""What waits for one process: messages, and news of its groups. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from channels.layers import names
from channels.layers.membership import Membership


class Arrival(NamedTuple):
    """A message for channels of this process.

    Fields:
        channels: one channel, or the members of a group at this point of the inbox.
        data: the message as it was in Redis.
        to_group: whether it was sent to a group.
    """

    channels: Collection[str]
    data: bytes
    to_group: bool


class Gap(NamedTuple):
    """Messages for channels of this process were dropped, or have expired, before this point."""

    channels: list[str]


class Question(NamedTuple):
    """Somebody wants to know this process's members of a group, under a key."""

    channels: list[str]
    answer: str


class Inbox:
    """Follows an inbox stream entry by entry and keeps the table of groups.

    Attributes:
        last_id: of the last entry that was read.
        members: who is in which group.
        joined: groups that got a member since this was last emptied.
    """

    def __init__(self) -> None:
        self.last_id = "0-0"
        self.members = Membership()
        self.joined: set[str] = set()

    def follow(
        self, entries: Iterable[Any], oldest_ms: float, now: float
    ) -> Iterable[Arrival | Gap | Question]:
        """Applies entries in order and yields what they bring.

        Arguments:
            entries: [id, [operation, name, "m", value]] as Redis gives them.
            oldest_ms: messages older than this have expired; news of groups has not.
            now: seconds, for the table.
        """
        told: set[str] = set()
        for entry_id, fields in entries:
            self.last_id = entry_id.decode()
            if len(fields) != 4:
                continue  # nobody of ours has written it
            operation, raw_name, _, value = fields
            name = raw_name.decode(errors="replace")
            if operation in (b"a", b"d"):
                self._change(operation, name, value.decode(errors="replace"), now)
                told.discard(name)
            elif operation == b"q":
                yield Question(list(self.members.channels(name)), value.decode(errors="replace"))
            elif operation in (b"s", b"g", b"x") and (channels := self._receivers(name)):
                if operation != b"x" and milliseconds(self.last_id) >= oldest_ms:
                    yield Arrival(channels, value, to_group=operation == b"g")
                elif name not in told:
                    told.add(name)  # thousands may have expired, and once is enough
                    yield Gap(list(channels))

    def _receivers(self, name: str) -> Collection[str]:
        """Returns the members of a group, or the one channel that the name is."""
        return (name,) if names.is_local(name) else self.members.channels(name)

    def _change(self, operation: bytes, group: str, channel: str, now: float) -> None:
        if operation == b"a":
            self.members.add(group, channel, now)
            self.joined.add(group)
        else:
            self.members.discard(group, channel)


def milliseconds(entry_id: str) -> int:
    """Returns the time in an entry's id."""
    return int(entry_id.partition("-")[0])


def next_id(entry_id: str) -> str:
    """Returns the smallest id after an entry's."""
    time, _, sequence = entry_id.partition("-")
    return f"{time}-{int(sequence) + 1}"
