"""The order of the messages of one socket, among any number of workers.

Every socket has a count, kept in its channel session: the order of the message that may run
next. A message that comes too early waits on a channel of its socket, and whoever finishes
its predecessor puts it back on its own channel. Who lets a message wait looks at the count
again afterwards, and who raises the count looks at the waiting messages afterwards, so none
is forgotten between the two. Whoever looks moves messages whose turn is far off to places of
their own, one for each order, so that nobody looks at them again before their turn.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from channels.alarms import alarms
from channels.channel import Channel
from channels.layers.exceptions import ChannelFull, LayerUnavailable
from channels.message import Message
from channels.pending import Unsent, pending_sends, send_pending
from channels.session_store import session_for_reply_channel

logger = logging.getLogger("django.channels")

COUNT_KEY = "__channels_next_order"
LOST_KEY = "__channels_order_lost"

# A predecessor that is unread when a message has waited this part of the layer's expiry has
# expired itself, for it was sent earlier; and the message has not, so it can still be found.
PATIENCE = 0.9
# RFC 6455 and its registry: "try again later".
CLOSE_CODE = 1013
RETRY_SECONDS = 0.2
# How far ahead of its turn a message may come.
MOST_EARLY = 1000


class SocketOrder:
    """A message's place among those of its socket.

    Arguments:
        message: with a `channel_session`.

    Raises:
        ValueError: the message has no order.
    """

    def __init__(self, message: Message) -> None:
        if "order" not in message or message.reply_channel is None:
            raise ValueError(
                "No `order` in the message: only consumers of WebSocket messages, which are"
                " numbered, can be decorated with enforce_ordering."
            )
        self.order = int(message["order"])
        self.channel = message.channel.name
        self.reply_channel = message.reply_channel.name
        # Alarms must not keep a layer that nobody else uses.
        self.layer = weakref.proxy(message.channel_layer)

    @property
    def wait_channel(self) -> str:
        """Where messages of this socket begin to wait; any worker may read it."""
        return f"__wait__.{self.reply_channel.replace('!', '?')}"

    @property
    def is_last(self) -> bool:
        """Whether the message tells that its socket is gone."""
        return self.channel.endswith(".disconnect")

    @property
    def _patience(self) -> float:
        return PATIENCE * float(self.layer.expiry)

    def admit(self, message: Message) -> bool:
        """Returns whether the message may run now; lets it wait or drops it otherwise."""
        session = message.channel_session
        count = session.get(COUNT_KEY, 0)
        if self.order == count:
            return True
        if session.get(LOST_KEY):
            return self.is_last
        if self.order > count:
            return self._wait(message, count)
        # It came twice. Its first worker may have died before it released the next message.
        logger.debug("Dropped message %d of %s, which ran before", self.order, self.reply_channel)
        self.release(count)
        return False

    def finish(self, message: Message) -> None:
        """The message has run: its replies leave, then the next message may run.

        Raises:
            Unsent: the worker has to stop and the replies have not left; the message has not run.
        """
        _send_replies()
        try:
            self._raise_count(message.channel_session)
        except Exception:
            alarms.set(RETRY_SECONDS, self._raise_count_later)
            raise

    def _raise_count(self, session: SessionBase) -> None:
        # Read again: had this worker been taken for dead, others would have gone on without it.
        session[COUNT_KEY] = max(self.order + 1, session.load().get(COUNT_KEY, 0))
        session.save()
        session.modified = False
        self.release(session[COUNT_KEY])

    def _raise_count_later(self) -> None:
        self._raise_count(session_for_reply_channel(self.reply_channel))

    def release(self, count: int) -> None:
        """Puts the waiting message whose turn it is, by the socket's count, back on its channel.

        Its successor goes with it, to be read when the first is done.
        """
        try:
            self._release(count)
        except (ChannelFull, LayerUnavailable):
            alarms.set(RETRY_SECONDS, self._release_later)

    def _wait(self, message: Message, count: int) -> bool:
        if self.order > count + MOST_EARLY or not self._put_aside(message):
            self._give_up("too many of its messages wait for their turn")
            return self.is_last
        alarms.set(self._patience, self._check)
        new_count = message.channel_session.load().get(COUNT_KEY, 0)
        if new_count >= self.order:
            self.release(new_count)
        return False

    def _put_aside(self, message: Message) -> bool:
        """Returns whether there was room for the message to wait."""
        content = {**message.content, "original_channel": self.channel}
        for channel in (self.wait_channel, self._place(self.order)):
            with suppress(ChannelFull):
                self._keep(channel, content)
                return True
        return False

    def _place(self, order: int) -> str:
        """The channel on which only the message with this order waits."""
        return f"{self.wait_channel}.{order}"

    def _keep(self, channel: str, content: dict[str, Any]) -> None:
        """Sends to a channel of waiting messages, as soon as the layer answers."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self.layer.send(channel, content)
                return
            except LayerUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_SECONDS)

    def _release_later(self) -> None:
        self._release(self._read_count())

    def _release(self, count: int) -> None:
        found = moved = False
        for content in self._taken(self.wait_channel, self._place(count)):
            if content["order"] > count:
                # So that every message is taken up and put down once, however many wait.
                self._keep(self._place(content["order"]), content)
                moved = True
            elif content["order"] == count and not found:
                self._put_back(content)
                found = True
        successor = next(self._taken(self._place(count + 1)), None) if found else None
        if successor is not None:
            self._put_back(successor)
        # Meanwhile nobody else could see what was moved.
        if moved and (new_count := self._read_count()) != count:
            self._release(new_count)

    def _taken(self, *channels: str) -> Iterator[dict[str, Any]]:
        """Yields what is on some channels, each message when it has been taken off."""
        while (content := self.layer.receive(channels)[1]) is not None:
            yield content

    def _put_back(self, content: dict[str, Any]) -> None:
        """Sends a waiting message to its own channel, which it has been on before.

        So it needs no room there, which a worker that is about to stop could not wait for.
        """
        original = {key: value for key, value in content.items() if key != "original_channel"}
        try:
            self.layer.send_again(content["original_channel"], original)
        except (ChannelFull, LayerUnavailable):
            self._keep(self._place(content["order"]), content)
            raise

    def _check(self) -> None:
        """Called when the message has waited long enough."""
        self.layer.expiry  # noqa: B018  a ReferenceError ends it here if the layer is gone
        session = session_for_reply_channel(self.reply_channel)
        count = session.get(COUNT_KEY, 0)
        if count >= self.order:
            return
        if not session.get(LOST_KEY):
            self._give_up(f"message {count} did not come, or took too long")
        if self.is_last:
            # What cleans up after the socket runs all the same.
            for content in self._taken(self.wait_channel, self._place(self.order)):
                if content["order"] == self.order:
                    self._put_back(content)

    def _give_up(self, reason: str) -> None:
        logger.error(
            "Closing the socket %s: message %d cannot run in order, because %s. Every consumer"
            " of a socket must be decorated with enforce_ordering, its connect consumer too.",
            self.reply_channel,
            self.order,
            reason,
        )
        session = session_for_reply_channel(self.reply_channel)
        session[LOST_KEY] = True
        session.save()
        try:
            self._close()
        except (ChannelFull, LayerUnavailable):
            alarms.set(RETRY_SECONDS, self._close)

    def _close(self) -> None:
        reply = Channel(self.reply_channel, channel_layer=self.layer)
        reply.send({"close": CLOSE_CODE}, immediately=True)

    def _read_count(self) -> int:
        count: int = session_for_reply_channel(self.reply_channel).get(COUNT_KEY, 0)
        return count


def keep_count(session: SessionBase) -> None:
    """Takes over the stored count before a session is saved by who has no part in the order."""
    if COUNT_KEY in session:
        session[COUNT_KEY] = session.load().get(COUNT_KEY, 0)


def _send_replies() -> None:
    """Sends what the consumer has sent so far, so that the next message's replies come later."""
    pending = pending_sends.get()
    if pending:
        if not pending.insist(lambda: send_pending(pending)):
            raise Unsent("The worker has to stop before the layer has taken the replies.")
        pending.clear()
