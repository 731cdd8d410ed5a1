"""The order of the messages of one socket, among any number of workers.

Every socket has a count, kept in its channel session: the order of the message that may run
next. A message that comes too early waits in the layer, and whoever finishes its predecessor
has it brought back to its channel. Who lets a message wait looks at the count again afterwards,
and who raises the count looks at the waiting messages afterwards, so none is forgotten between
the two. Who lets one wait also sees to it that it does not wait for ever; if that process has
ended by then, another worker does, for the layer knows when.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from channels.alarms import alarms
from channels.channel import Channel
from channels.layers.base import TAKEN_SECONDS
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
# How often a worker asks for messages that have waited too long, and nobody has seen to them.
WATCH_SECONDS = 5.0
# How far ahead of its turn a message may come.
MOST_EARLY = 1000


class SocketOrder:
    """A place among the messages of a socket.

    Arguments:
        layer: a weak proxy of the channel layer: alarms must not keep one that nobody else uses.
        reply_channel: the socket's.
        order: which of its messages.
    """

    def __init__(self, layer: Any, reply_channel: str, order: int) -> None:
        self.layer = layer
        self.reply_channel = reply_channel
        self.order = order

    @classmethod
    def of(cls, message: Message) -> SocketOrder:
        """Returns a message's place; raises ValueError if it has no order."""
        if "order" not in message or message.reply_channel is None:
            raise ValueError(
                "No `order` in the message: only consumers of WebSocket messages, which are"
                " numbered, can be decorated with enforce_ordering."
            )
        layer = weakref.proxy(message.channel_layer)
        return cls(layer, message.reply_channel.name, int(message["order"]))

    @property
    def _patience(self) -> float:
        return PATIENCE * float(self.layer.expiry)

    def admit(self, message: Message) -> bool:
        """Returns whether the message may run now; lets it wait or drops it otherwise.

        Arguments:
            message: with a `channel_session`.
        """
        session = message.channel_session
        if session.get(LOST_KEY):
            return _is_last(message)
        count = session.get(COUNT_KEY, 0)
        if self.order == count:
            return True
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
        """Brings back the waiting message whose turn it is, by the socket's count.

        Its successor comes with it, to be read when the first is done.
        """
        self._bring_back([count, count + 1], self._release_later)

    def _release_later(self) -> None:
        self.release(session_for_reply_channel(self.reply_channel).get(COUNT_KEY, 0))

    def _bring_back(self, turns: Sequence[int], again: Callable[[], None]) -> None:
        try:
            self.layer.bring_back(self.reply_channel, turns)
        except LayerUnavailable:
            # They may have been taken before it failed, and are for nobody until then.
            alarms.set(TAKEN_SECONDS, again)

    def _wait(self, message: Message, count: int) -> bool:
        if self.order > count + MOST_EARLY:
            self._give_up("too many of its messages wait for their turn")
            return _is_last(message)
        self._set_aside(message)
        alarms.set(self._patience, self.check)
        new_count = message.channel_session.load().get(COUNT_KEY, 0)
        if new_count >= self.order:
            self.release(new_count)
        return False

    def _set_aside(self, message: Message) -> None:
        """Lets the message wait, as soon as the layer answers."""
        patience = self._patience
        deadline = time.monotonic() + patience
        place = self.reply_channel, self.order
        while True:
            try:
                self.layer.set_aside(*place, message.channel.name, message.content, patience)
                return
            except LayerUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_SECONDS)

    def check(self) -> None:
        """Called when the message has waited long enough: its turn has come, or never will."""
        self.layer.expiry  # noqa: B018  a ReferenceError ends it here if the layer is gone
        session = session_for_reply_channel(self.reply_channel)
        count = session.get(COUNT_KEY, 0)
        if count > self.order:
            return
        if count < self.order and not session.get(LOST_KEY):
            self._give_up(f"message {count} did not come, or took too long")
        # Where the socket is given up, what cleans up after it runs all the same.
        self._bring_back([self.order], self.check)

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


def watch(layer: Any) -> None:
    """Sees, from now on, to messages that have waited long enough, whichever worker let them."""
    for reply_channel, order in layer.overdue():
        alarms.set(0, SocketOrder(layer, reply_channel, order).check)
    alarms.set(WATCH_SECONDS, partial(watch, layer))


def start_watch(sender: Any, **kwargs: Any) -> None:
    """Called when a worker process begins."""
    alarms.set(WATCH_SECONDS, partial(watch, weakref.proxy(sender.channel_layer)))


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


def _is_last(message: Message) -> bool:
    """Returns whether the message tells that its socket is gone."""
    return message.channel.name.endswith(".disconnect")
