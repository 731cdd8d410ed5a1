"""What a channel layer may raise (the contract, section 1)."""

from typing import Any


class ChannelLayerError(Exception):
    """Root of everything a layer raises on its own account."""


class ChannelFull(ChannelLayerError):
    """The channel holds as many unread messages as its capacity allows."""


class ChannelGone(ChannelFull):
    """The client behind the channel has left, in the middle of a response: stop writing it."""


class MessageTooLarge(ChannelLayerError):
    """The encoded message is larger than a layer carries."""


class LayerUnavailable(ChannelLayerError, ConnectionError):
    """The layer's server does not answer; the message has not been accepted."""


class PartlyUnavailable(LayerUnavailable):
    """Some of the layer's servers do not answer.

    Attributes:
        known: what the others have told.
    """

    def __init__(self, reason: str, known: dict[str, Any]) -> None:
        super().__init__(reason)
        self.known = known


class Unanswered(LayerUnavailable):
    """The layer's server was told, and did not answer: it may have accepted the message."""


class RefusedForNow(LayerUnavailable):
    """The layer's server takes no messages at present, of whatever channel: send again later."""


class UnsupportedServer(LayerUnavailable):
    """The layer's server answers, but is none that this layer can work with."""


class AccessDenied(LayerUnavailable):
    """The layer's server answers, but does not accept the password of the settings."""
