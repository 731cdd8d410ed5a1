"""The delay server: takes messages in, and sends them when they are due."""

from __future__ import annotations

import json
import logging
import signal
import time
from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseFailure
from django.db import close_old_connections

from channels.delay.models import DelayedMessage
from channels.layers import names
from channels.layers.exceptions import LayerUnavailable, MessageTooLarge
from channels.layers.subscription import Delivery, Subscription

logger = logging.getLogger("django.channels")

CHANNEL = "asgi.delay"
KEYS = ("channel", "content", "delay")

# How many messages are taken in, or sent, before the other gets its turn.
BATCH = 100
IDLE_SECONDS = 0.1
FIRST_RETRY_SECONDS = 0.5
LAST_RETRY_SECONDS = 10.0
# How long channels are passed over whose server did not answer.
AWAY_SECONDS = 5.0
# A server that lets a send wait for so long, and does not take it, hangs.
HANGS_SECONDS = 1.0


class Worker:
    """Keeps the messages of `asgi.delay` in the database until they are due.

    A message is `{"channel": name, "content": dict, "delay": milliseconds}`. One that is not is
    logged and dropped. While the layer or the database does not answer the worker waits for it,
    and nothing is lost; where the layer has several servers, only for what is on those that are
    away. Any number of workers may share one database.

    Arguments:
        channel_layer: where messages come from and go to.
        signal_handlers: whether SIGTERM and SIGINT end the worker.
        database_sleep_duration: seconds between looks at what is due.

    Attributes:
        termed: whether the worker has been told to stop.
        in_job: whether it is at work.
    """

    def __init__(
        self,
        channel_layer: Any,
        signal_handlers: bool = True,
        database_sleep_duration: float = 1,
    ) -> None:
        self.channel_layer = channel_layer
        self.signal_handlers = signal_handlers
        self.database_sleep_duration = database_sleep_duration
        self.termed = False
        self.in_job = False
        self._taken: list[Delivery] = []
        self._stored: list[Delivery] = []
        self._next_look = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._retry_at = 0.0
        self._away: set[str] = set()
        self._servers_away: set[int] = set()
        self._ask_again_at = 0.0

    def install_signal_handler(self) -> None:
        """Makes SIGTERM and SIGINT end the worker."""
        signal.signal(signal.SIGTERM, self.sigterm_handler)
        signal.signal(signal.SIGINT, self.sigterm_handler)

    def sigterm_handler(self, signo: int | None, stack_frame: Any) -> None:
        """Ends the worker after what it is doing."""
        # Nothing is logged here: it may have interrupted the writing of a log.
        self.termed = True

    def run(self) -> None:
        """Works until told to stop."""
        if self.signal_handlers:
            self.install_signal_handler()
        logger.info("Listening on %s", CHANNEL)
        subscription = self.channel_layer.subscribe([CHANNEL])
        self._next_look = 0.0
        try:
            while not self.termed:
                self.in_job = True
                busy = time.monotonic() >= self._retry_at and self._try_to_work(subscription)
                self.in_job = False
                if not busy:
                    time.sleep(IDLE_SECONDS)
            logger.info("Shutdown signal received, stopping.")
        finally:
            self._hand_over(subscription)

    def send_due(self) -> bool:
        """Sends messages whose time has come; returns whether there may be more of them."""
        # Those of a server that is away must not fill the batch.
        waiting = DelayedMessage.objects.is_due().exclude(channel_name__in=self._away)
        due = list(waiting[:BATCH])
        for message in due:
            if self.termed:
                break
            if self.channel_layer.shard(message.channel_name) in self._servers_away:
                self._away.add(message.channel_name)
            else:
                self._send(message)
        return len(due) == BATCH

    def _send(self, message: DelayedMessage) -> None:
        started = time.monotonic()
        try:
            if message.send(channel_layer=self.channel_layer):
                logger.info("Sent delayed message to channel %s", message.channel_name)
        except LayerUnavailable as error:
            self._pass_over(message.channel_name, error)
            # Each of its channels would be waited for as long; what is refused at once may be
            # this one only.
            if time.monotonic() - started >= HANGS_SECONDS:
                self._servers_away.add(self.channel_layer.shard(message.channel_name))
        except (TypeError, ValueError, MessageTooLarge) as error:
            logger.error("Dropped delayed message %s: %s", message, error)
            message.delete()

    def _try_to_work(self, subscription: Subscription) -> bool:
        """Returns whether there may be more to do at once."""
        if time.monotonic() >= self._ask_again_at:
            self._away.clear()
            self._servers_away.clear()
        try:
            busy = self._take_in(subscription)
            if time.monotonic() >= self._next_look and not self.send_due():
                self._next_look = time.monotonic() + self.database_sleep_duration
        except DatabaseFailure as error:
            self._wait_for_recovery(error)
            return False
        self._retry_seconds = FIRST_RETRY_SECONDS
        return busy

    def _take_in(self, subscription: Subscription) -> bool:
        """Stores new messages; returns whether there were any."""
        if not self._taken:
            self._read(subscription)
        busy = bool(self._taken)
        while self._taken:
            _store(self._taken[0].message)
            self._stored.append(self._taken.pop(0))
        return busy

    def _read(self, subscription: Subscription) -> None:
        """Says what is stored, and takes more."""
        if CHANNEL in self._away:
            return
        try:
            _, self._taken = subscription.turn([], self._stored, BATCH, block=False)
            self._stored = []
        except LayerUnavailable as error:
            self._pass_over(CHANNEL, error)

    def _pass_over(self, channel: str, error: LayerUnavailable) -> None:
        """Leaves a channel alone for a while; others may be on servers that answer."""
        if not self._away:  # there may be very many
            self._ask_again_at = time.monotonic() + AWAY_SECONDS
            logger.error("Trying again in %.1f s on %s: %s", AWAY_SECONDS, channel, error)
        self._away.add(channel)

    def _wait_for_recovery(self, error: Exception) -> None:
        logger.error("Trying again in %.1f s: %s", self._retry_seconds, error)
        # Closes what the database has cut, so that the next query connects anew.
        close_old_connections()
        self._retry_at = time.monotonic() + self._retry_seconds
        self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)

    def _hand_over(self, subscription: Subscription) -> None:
        """Says what is stored; what is not goes to another worker."""
        with suppress(LayerUnavailable):
            subscription.turn([], self._stored, 0, block=False)
            subscription.release(self._taken)
        self._stored, self._taken = [], []
        subscription.close()


def _store(content: dict[str, Any]) -> None:
    try:
        message = _delayed(content)
    except (TypeError, ValueError, OverflowError) as error:
        logger.error("Invalid message received on %s: %s In %.200r", CHANNEL, error, content)
    else:
        message.save()


def _delayed(content: dict[str, Any]) -> DelayedMessage:
    missing = [key for key in KEYS if key not in content]
    if missing:
        raise ValueError(f"It must contain keys {', '.join(KEYS)}; {', '.join(missing)} missing.")
    if not isinstance(content["content"], dict):
        raise TypeError(f"Its content must be a dict, not {content['content']!r:.100}.")
    message = DelayedMessage(
        content=json.dumps(content["content"]),
        channel_name=names.check_channel(content["channel"]),
    )
    message.delay = content["delay"]
    return message
