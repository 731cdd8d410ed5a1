"""A send that waits for its turn."""

from __future__ import annotations

from typing import Any, NamedTuple

from channels.layers import codec, names


class Outgoing(NamedTuple):
    """One message on its way to a channel or to a group.

    It is checked and encoded when it is made, so mistakes surface where the send is written
    and a dict changed afterwards changes nothing.

    Fields:
        name: of the channel or group.
        data: the encoded message.
        is_group: whether `name` is a group's.
    """

    name: str
    data: bytes
    is_group: bool

    @classmethod
    def to_channel(cls, channel: str, message: dict[str, Any]) -> Outgoing:
        """Returns a send to a channel; raises TypeError or MessageTooLarge."""
        return cls(names.check_channel(channel), codec.encode(message), False)

    @classmethod
    def to_group(cls, group: str, message: dict[str, Any]) -> Outgoing:
        """Returns a send to a group; raises TypeError or MessageTooLarge."""
        return cls(names.check_group(group), codec.encode(message), True)

    def __str__(self) -> str:
        return f"{'group' if self.is_group else 'channel'} {self.name!r}"
