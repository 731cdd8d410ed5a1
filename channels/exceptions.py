"""What a consumer may raise to steer its worker (the contract, section 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from channels.interface.messages import CLOSE_CODES, is_close_code

if TYPE_CHECKING:
    from channels.message import Message


class ConsumeLater(Exception):
    """Puts the message back on its channel; the eleventh time drops it and tells its client."""


class ResponseLater(Exception):
    """Raised by a view that leaves the response to another consumer (long polling)."""


class RequestTimeout(Exception):
    """The rest of a request body did not arrive in time, or a part of it was lost."""


class RequestAborted(Exception):
    """The client left before its request body was complete, or the server was going away."""


class DenyConnection(Exception):
    """Refuses a connecting socket; only for consumers of a connect channel."""


class ChannelSocketException(Exception):
    """A reply to the socket in the form of an exception: `run` is called with the message."""

    def run(self, message: Message) -> None:
        """Acts on the socket that sent `message`."""
        raise NotImplementedError(f"{type(self).__name__} must define run(message).")


class WebsocketCloseException(ChannelSocketException):
    """Closes the socket of the message with a code.

    Arguments:
        code: 1000, 1008, 1011, 1012, 1013, or 3000 to 4999 (RFC 6455, section 7.4); None closes
            with 1000.

    Raises:
        ValueError: any other code.
    """

    def __init__(self, code: int | None = None) -> None:
        if code is not None and not is_close_code(code):
            raise ValueError(
                f"Invalid close code {code!r}: use one of {CLOSE_CODES}, or of 3000 to 4999."
            )
        super().__init__(code)
        self._code = code

    def run(self, message: Message) -> None:
        """Sends the close; raises ValueError for a message that came from no WebSocket."""
        if message.reply_channel is None or message.channel.name.startswith("http."):
            raise ValueError(
                "WebsocketCloseException is for consumers of WebSocket messages,"
                f" but was raised for a message on {message.channel.name!r}."
            )
        message.reply_channel.send({"close": self._code or True})


class SendNotAvailableOnDemultiplexer(Exception):
    """A demultiplexer has no stream of its own; send through the consumer's multiplexer."""
