"""One call of one consumer: what it wants sent, and whether the message goes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from channels.exceptions import ChannelSocketException, ConsumeLater, DenyConnection
from channels.message import Message
from channels.pending import Pending, collect_sends
from channels.signals import consumer_finished, consumer_started
from channels.utils import name_that_thing

logger = logging.getLogger("django.channels")


class Call:
    """A consumer's call with one message.

    Arguments:
        consumer: what the router chose.
        message: its first argument.
        kwargs: what the route's filters matched.
        sender: the worker class, for the signals.

    Attributes:
        pending: what the consumer sent, once it has run.
        put_back: whether it raised ConsumeLater.
    """

    def __init__(
        self, consumer: Callable[..., Any], message: Message, kwargs: dict[str, str], sender: Any
    ) -> None:
        self.consumer = consumer
        self.message = message
        self.kwargs = kwargs
        self.sender = sender
        self.pending: Pending = []
        self.put_back = False

    def run(self) -> None:
        """Calls the consumer. Whatever it raises ends here, in the log or on the socket."""
        with self._surroundings():
            self.consumer(self.message, **self.kwargs)

    async def run_async(self) -> None:
        """As `run`, for a consumer that is a coroutine function."""
        with self._surroundings():
            await self.consumer(self.message, **self.kwargs)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        with collect_sends() as self.pending, self._logged():
            try:
                with self._logged():
                    consumer_started.send(sender=self.sender, environ={})
                    with self._steered():
                        yield
            finally:
                consumer_finished.send(sender=self.sender)

    @contextmanager
    def _steered(self) -> Iterator[None]:
        try:
            yield
        except ConsumeLater:
            self.put_back = True
        except DenyConnection:
            self._deny()
        except ChannelSocketException as reply:
            reply.run(self.message)

    @contextmanager
    def _logged(self) -> Iterator[None]:
        try:
            yield
        except (Exception, SystemExit):  # a consumer's sys.exit() must not end the worker
            logger.exception(
                "Error processing message on %s with consumer %s:",
                self.message.channel.name,
                name_that_thing(self.consumer),
                extra={"channel": self.message.channel.name},
            )

    def _deny(self) -> None:
        if self.message.channel.name != "websocket.connect" or self.message.reply_channel is None:
            raise ValueError(
                "DenyConnection is for consumers of websocket.connect, but was raised for a"
                f" message on {self.message.channel.name!r}. To close an open socket, send"
                ' {"close": True} to its reply channel.'
            ) from None
        self.message.reply_channel.send({"close": True})
