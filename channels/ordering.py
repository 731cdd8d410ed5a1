"""The order of the messages of one socket, among any number of workers.

Every socket has a count, kept in its channel session: the order of the message that may run
next. A message that comes too early waits on a channel of its socket, and whoever finishes
its predecessor puts it back on its own channel. Who lets a message wait looks at the count
again afterwards, and who raises the count looks at the waiting messages afterwards, so none
is forgotten between the two.
"""

from __future__ import annotations

import logging
import time
import weakref
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from channels.alarms import alarms
from channels.channel import Channel
from channels.layers.exceptions import ChannelFull, LayerUnavailable
from channels.message import Message
from channels.pending import pending_sends, send_pending
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
        """Where messages of this socket wait; any worker may read it."""
        return f"__wait__.{self.reply_channel.replace('!', '?')}"

    @property
    def is_last(self) -> bool:
        """Whether the message tells that its socket is gone."""
        return self.channel is not None and self.channel.endswith(".disconnect")

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
            return self._wait(message)
        # It came twice. Its first worker may have died before it released the next message.
        logger.debug("Dropped message %d of %s, which ran before", self.order, self.reply_channel)
        self.release(count)
        return False

    def finish(self, message: Message) -> None:
        """The message has run: its replies leave, then the next message may run."""
        _send_replies()
        session = message.channel_session
        # Read again: had this worker been taken for dead, others would have gone on without it.
        session[COUNT_KEY] = max(self.order + 1, session.load().get(COUNT_KEY, 0))
        session.save()
        session.modified = False
        self.release(session[COUNT_KEY])

    def release(self, count: int | None = None) -> None:
        """Puts the waiting message whose turn it is back on its channel.

        Its successor goes with it, to be read when the first is done.

        Arguments:
            count: of the socket; read if not given.
        """
        try:
            self._release(self._read_count() if count is None else count)
        except (ChannelFull, LayerUnavailable):
            alarms.set(RETRY_SECONDS, self.release)

    def _wait(self, message: Message) -> bool:
        try:
            self._put_aside({**message.content, "original_channel": self.channel})
        except ChannelFull:
            self._give_up("too many of its messages wait for their turn")
            return self.is_last
        alarms.set(self._patience, self._check)
        count = message.channel_session.load().get(COUNT_KEY, 0)
        if count >= self.order:
            self.release(count)
        return False

    def _put_aside(self, content: dict[str, Any]) -> None:
        """Sends to the wait channel, as soon as the layer answers."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self.layer.send(self.wait_channel, content)
                return
            except LayerUnavailable:
                if time.monotonic() > deadline:
                    raise
            time.sleep(RETRY_SECONDS)

    def _release(self, count: int) -> None:
        turn = {count, count + 1}
        waiting: dict[int, dict[str, Any]] = {}
        while not turn <= waiting.keys() and (content := self._take()) is not None:
            waiting[content["order"]] = content
        released = turn if count in waiting else set()
        for order in sorted(order for order in waiting if order >= count):
            self._send(waiting[order], back=order in released)
        # Meanwhile nobody else could see what was put back.
        if waiting.keys() - released and self._read_count() != count:
            self.release()

    def _send(self, content: dict[str, Any], back: bool) -> None:
        if back:
            try:
                original = {k: v for k, v in content.items() if k != "original_channel"}
                self.layer.send(content["original_channel"], original)
                return
            except (ChannelFull, LayerUnavailable):
                # Workers must go on reading their channel, or it would never have room again.
                alarms.set(RETRY_SECONDS, self.release)
        self._put_aside(content)

    def _take(self) -> dict[str, Any] | None:
        content: dict[str, Any] | None = self.layer.receive([self.wait_channel])[1]
        return content

    def _check(self) -> None:
        """Called when the message has waited long enough."""
        session = session_for_reply_channel(self.reply_channel)
        count = session.get(COUNT_KEY, 0)
        if count < self.order and not session.get(LOST_KEY):
            self._give_up(f"message {count} did not come, or took too long")

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
        self._close()

    def _close(self) -> None:
        reply = Channel(self.reply_channel, channel_layer=self.layer)
        try:
            reply.send({"close": CLOSE_CODE}, immediately=True)
            while (content := self._take()) is not None:
                # What cleans up after the socket runs all the same.
                if content["original_channel"].endswith(".disconnect"):
                    self._send(content, back=True)
        except (ChannelFull, LayerUnavailable):
            alarms.set(RETRY_SECONDS, self._close)

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
        try:
            send_pending(pending)
        except LayerUnavailable:
            return  # the worker will send them; the next message cannot come before
        pending.clear()
