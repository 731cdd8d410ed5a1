"""Channel and Group: how an application sends (the contract, section 2)."""

from __future__ import annotations

import logging
from typing import Any

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.layers.exceptions import ChannelGone
from channels.layers.outgoing import Outgoing
from channels.pending import pending_sends

logger = logging.getLogger(__name__)


class _Addressee:
    """Something with a name on a channel layer."""

    _not_a_dict: type[Exception] = TypeError

    def __init__(
        self,
        name: str | bytes,
        alias: str = DEFAULT_CHANNEL_LAYER,
        channel_layer: Any = None,
    ) -> None:
        self.name = name.decode("ascii") if isinstance(name, bytes) else name
        self.channel_layer = channel_layers[alias] if channel_layer is None else channel_layer

    def send(self, content: dict[str, Any], immediately: bool = False) -> None:
        """Sends a message.

        Inside a consumer it leaves when the consumer returns, elsewhere at once. A task or thread
        that outlives the consumer is elsewhere.

        Arguments:
            content: the message, a dict.
            immediately: sends now, whether in a consumer or not.

        Raises:
            TypeError: the content is no dict (for a group: ValueError), or holds what cannot
                travel.
            MessageTooLarge: its encoded form is.
            ChannelFull: the channel is full (never for a group).
            LayerUnavailable: the layer's server does not answer.
        """
        if not isinstance(content, dict):
            raise self._not_a_dict(
                f"You can only send dicts as content on channels, not {type(content).__name__}."
            )
        pending = pending_sends.get()
        if immediately or pending is None or not pending.is_open:
            self._send_now(content)
        else:
            pending.append((self.channel_layer, self._outgoing(content)))

    def _send_now(self, content: dict[str, Any]) -> None:
        raise NotImplementedError

    def _outgoing(self, content: dict[str, Any]) -> Outgoing:
        raise NotImplementedError

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Channel(_Addressee):
    """A named channel.

    Arguments:
        name: of the channel.
        alias: of the layer in CHANNEL_LAYERS.
        channel_layer: a layer to use instead.
    """

    def _send_now(self, content: dict[str, Any]) -> None:
        try:
            self.channel_layer.send(self.name, content)
        except ChannelGone as error:
            # Nobody will read it, which is no fault of the sender's.
            logger.debug("Dropped a message: %s", error)

    def _outgoing(self, content: dict[str, Any]) -> Outgoing:
        return Outgoing.to_channel(self.name, content)


class Group(_Addressee):
    """A named set of channels that one send reaches; the arguments are those of Channel."""

    _not_a_dict = ValueError  # so it was in 1.x, and tests ask for it

    def _send_now(self, content: dict[str, Any]) -> None:
        self.channel_layer.send_group(self.name, content)

    def _outgoing(self, content: dict[str, Any]) -> Outgoing:
        return Outgoing.to_group(self.name, content)

    def add(self, channel: Channel | str) -> None:
        """Puts a channel into the group, at once; adding it again renews it."""
        self.channel_layer.group_add(self.name, _name_of(channel))

    def discard(self, channel: Channel | str) -> None:
        """Takes a channel out of the group, at once; nothing happens if it is not in it."""
        self.channel_layer.group_discard(self.name, _name_of(channel))


def _name_of(channel: Channel | str) -> str:
    return channel.name if isinstance(channel, Channel) else channel
