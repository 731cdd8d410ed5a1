"""One call of one consumer: what it wants sent, and whether the message goes back."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from asgiref.sync import sync_to_async

from channels.exceptions import ChannelSocketException, ConsumeLater, DenyConnection
from channels.message import Message
from channels.pending import Pending, pending_sends
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
        self,
        consumer: Callable[..., Any],
        message: Message,
        kwargs: dict[str, str],
        sender: Any,
    ) -> None:
        self.consumer = consumer
        self.message = message
        self.kwargs = kwargs
        self.sender = sender
        self.pending = Pending()
        self.put_back = False

    def run(self) -> None:
        """Calls the consumer. Whatever it raises ends here, in the log or on the socket."""
        with self:
            try:
                consumer_started.send(sender=self.sender, environ={})
                self.consumer(self.message, **self.kwargs)
                self._end_child()
            except BaseException as error:
                self._end_with(error)
            finally:
                self._log_failures(consumer_finished.send_robust(sender=self.sender))

    async def run_async(self) -> None:
        """As `run`, for a consumer that is a coroutine function.

        Receivers of the signals run in the thread that has its database connections, and in its
        context; `asend` would give them one of their own.
        """
        with self:
            try:
                await sync_to_async(consumer_started.send)(sender=self.sender, environ={})
                await self.consumer(self.message, **self.kwargs)
                self._end_child()
            except BaseException as error:
                self._end_with(error)
            finally:
                finish = sync_to_async(consumer_finished.send_robust)
                self._log_failures(await finish(sender=self.sender))

    def __enter__(self) -> None:
        self._pid = os.getpid()
        self._token = pending_sends.set(self.pending)

    def __exit__(self, *exception: object) -> None:
        self.pending.is_open = False
        pending_sends.reset(self._token)

    def _end_with(self, error: BaseException) -> None:
        """Does what the exception asks for; raises again what must end the worker."""
        self._end_child(error)
        try:
            if isinstance(error, ConsumeLater):
                self.put_back = True
            elif isinstance(error, DenyConnection):
                self._deny()
            elif isinstance(error, ChannelSocketException):
                error.run(self.message)
            elif _is_from_keyboard(error):
                raise error
            else:
                # A consumer's sys.exit(), or a task that it cancelled, ends nobody else.
                self._log(error, self.consumer)
        except Exception as misuse:
            self._log(misuse, self.consumer)

    def _end_child(self, error: BaseException | None = None) -> None:
        """Ends a child that the consumer has forked: it is no worker on the same connections."""
        if os.getpid() == self._pid:
            return
        if isinstance(error, SystemExit):
            os._exit(error.code if isinstance(error.code, int) else bool(error.code))
        if error is not None:
            self._log(error, self.consumer)
        os._exit(error is not None)

    def _log_failures(self, responses: Iterable[tuple[Any, Any]]) -> None:
        for receiver, response in responses:
            if isinstance(response, Exception):
                self._log(response, receiver)

    def _log(self, error: BaseException, culprit: Any) -> None:
        logger.error(
            "Error processing message on %s with consumer %s:",
            self.message.channel.name,
            name_that_thing(culprit),
            exc_info=error,
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


def _is_from_keyboard(error: BaseException) -> bool:
    """Returns whether somebody may have pressed Ctrl-C where no signal handler of ours is."""
    is_main = threading.current_thread() is threading.main_thread()
    return isinstance(error, KeyboardInterrupt) and is_main
