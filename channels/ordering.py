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
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from channels.alarms import alarms
from channels.channel import Channel
from channels.layers.base import TAKEN_SECONDS
from channels.layers.exceptions import ChannelFull, LayerUnavailable
from channels.message import Message
from channels.pending import Rest, pending_sends, send_pending
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
        _now_or_later(partial(self._release, count), TAKEN_SECONDS)
        return False

    def finish(self, message: Message) -> None:
        """The message has run: its replies leave, then the next message may run.

        If the layer does not take the replies now, the message is not done before it has.
        """
        if not _replies_leave():
            _finish_later(self._go_on, RETRY_SECONDS)
            return
        session = message.channel_session
        try:
            self._raise_count(session)
        except Exception:
            alarms.set(RETRY_SECONDS, self._go_on)
            raise
        _now_or_later(partial(self._release, session[COUNT_KEY]), TAKEN_SECONDS)

    def _go_on(self) -> None:
        session = session_for_reply_channel(self.reply_channel)
        self._raise_count(session)
        self._release(session[COUNT_KEY])

    def _raise_count(self, session: SessionBase) -> None:
        # Read again: had this worker been taken for dead, others would have gone on without it.
        session[COUNT_KEY] = max(self.order + 1, session.load().get(COUNT_KEY, 0))
        session.save()
        session.modified = False

    def _release(self, count: int) -> None:
        """Brings back the waiting message whose turn it is, by the socket's count.

        Its successor comes with it, to be read when the first is done.
        """
        self.layer.bring_back(self.reply_channel, [count, count + 1])

    def _wait(self, message: Message, count: int) -> bool:
        if self.order > count + MOST_EARLY:
            self._give_up("too many of its messages wait for their turn")
            return _is_last(message)
        _now_or_later(partial(self._set_aside, message), RETRY_SECONDS)
        return False

    def _set_aside(self, message: Message) -> None:
        patience, place = self._patience, (self.reply_channel, self.order)
        self.layer.set_aside(*place, message.channel.name, message.content, patience)
        alarms.set(patience, self.check)
        count = message.channel_session.load().get(COUNT_KEY, 0)
        if count >= self.order:
            self._release(count)

    def check(self) -> None:
        """Called when the message has waited long enough: its turn has come, or never will."""
        self.layer.expiry  # noqa: B018  a ReferenceError ends it here if the layer is gone
        session = session_for_reply_channel(self.reply_channel)
        count = session.get(COUNT_KEY, 0)
        if count > self.order:
            return
        if count < self.order and not session.get(LOST_KEY):
            self._give_up(f"message {count} did not come, or took too long")
        try:
            # Where the socket is given up, what cleans up after it runs all the same.
            self.layer.bring_back(self.reply_channel, [self.order])
        except LayerUnavailable:
            # It may have been taken before it failed, and is for nobody until then.
            alarms.set(TAKEN_SECONDS, self.check)

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


def _replies_leave() -> bool:
    """Sends what the consumer has sent so far, so that the next message's replies come later."""
    try:
        send_pending(pending_sends.get() or [])
    except LayerUnavailable:
        return False
    return True


def _now_or_later(action: Callable[[], None], seconds: float) -> None:
    """Does something; where the layer cannot, the message is not done before it could."""
    try:
        action()
    except LayerUnavailable:
        _finish_later(action, seconds)


def _finish_later(action: Callable[[], None], seconds: float) -> None:
    pending = pending_sends.get()
    if pending is None:
        alarms.set(seconds, action)  # nobody else waits for it
    else:
        pending.rest = Rest(action, seconds)


def _is_last(message: Message) -> bool:
    """Returns whether the message tells that its socket is gone."""
    return message.channel.name.endswith(".disconnect")
