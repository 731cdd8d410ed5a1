"""What a consumer is called with (the contract, section 2)."""

from __future__ import annotations

import copy
from collections.abc import ItemsView, KeysView, ValuesView
from typing import TYPE_CHECKING, Any

from channels.channel import Channel

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase


class Message:
    """A message as its consumer sees it. Decorators hang what they add on it as attributes.

    Arguments:
        content: the message, a dict.
        channel_name: the channel it was read from.
        channel_layer: the layer it was read from.

    Attributes:
        content: the dict; the message itself can be used like it.
        channel: where it was read.
        reply_channel: where its sender can be reached, or None.
        channel_layer: the layer.
        id: names the message on its channel, the same when it is delivered again after a worker
            died; None on layers where that never happens.
        channel_session, http_session, user: see `channels.sessions` and `channels.auth`.
    """

    channel_session: SessionBase
    http_session: SessionBase | None
    user: Any
    has_its_turn: bool

    def __init__(self, content: dict[str, Any], channel_name: str, channel_layer: Any) -> None:
        self.content = content
        self.channel = Channel(channel_name, channel_layer=channel_layer)
        self.channel_layer = channel_layer
        self.id: str | None = None
        reply_channel = content.get("reply_channel")
        self.reply_channel = (
            Channel(reply_channel, channel_layer=channel_layer) if reply_channel else None
        )

    def __getattr__(self, name: str) -> Any:
        # Only called for what no decorator has set.
        raise AttributeError(f"This message has no {name!r}; a decorator may be missing.")

    def __getitem__(self, key: str) -> Any:
        return self.content[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.content[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def keys(self) -> KeysView[str]:
        """The keys of the content."""
        return self.content.keys()

    def values(self) -> ValuesView[Any]:
        """The values of the content."""
        return self.content.values()

    def items(self) -> ItemsView[str, Any]:
        """The items of the content."""
        return self.content.items()

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the content, or the default."""
        return self.content.get(key, default)

    def copy(self) -> Message:
        """Returns a message whose content can be changed without changing this one."""
        return type(self)(copy.deepcopy(self.content), self.channel.name, self.channel_layer)

    def __repr__(self) -> str:
        return f"<Message on {self.channel.name}: {', '.join(map(str, self.content))}>"
