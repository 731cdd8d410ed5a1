"""The inboxes of processes that read with `receive`."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from asgi_redis.inbox import Arrival, Inbox, milliseconds
from asgi_redis.node import Node

if TYPE_CHECKING:
    from asgi_redis.layer import RedisChannelLayer

READ_COUNT = 100


class SyncInboxes:
    """Those of a layer. Any number of threads may use it.

    Arguments:
        layer: the channel layer.
    """

    def __init__(self, layer: RedisChannelLayer) -> None:
        self._layer = layer
        self._inboxes: dict[tuple[int, str], SyncInbox] = {}
        self._lock = threading.Lock()
        self._tidy_at = 0.0

    def __len__(self) -> int:
        return len(self._inboxes)

    def get(self, index: int, process: str) -> SyncInbox:
        """Returns a process's inbox on one of the layer's nodes."""
        key, now = (index, process), time.monotonic()
        with self._lock:
            self._tidy(now)
            if key not in self._inboxes:
                self._inboxes[key] = SyncInbox(self._layer, self._layer.nodes[index], process)
            inbox = self._inboxes[key]
            inbox.used_at = now
            return inbox

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._inboxes.clear()

    def _tidy(self, now: float) -> None:
        """Forgets, now and then, those that nobody reads any more: names may be used once."""
        if now < self._tidy_at:
            return
        self._tidy_at = now + self._layer.expiry
        for key, inbox in tuple(self._inboxes.items()):
            if inbox.is_idle(now):
                del self._inboxes[key]


class SyncInbox:
    """What waits for one process on one node.

    Arguments:
        layer: the channel layer.
        node: the server.
        process: what the names of its channels begin with, up to the `!`.

    Attributes:
        used_at: when somebody last asked for it.
    """

    def __init__(self, layer: RedisChannelLayer, node: Node, process: str) -> None:
        self.used_at = 0.0
        self._layer = layer
        self._node = node
        self._key = layer.keys.inbox(process)
        self._inbox = Inbox()
        # When it expires, the channel, and the message.
        self._ready: deque[tuple[float, str, bytes]] = deque()
        self._lock = threading.Lock()

    def take(self, wait_ms: int) -> tuple[str, bytes] | None:
        """Returns the next channel and message, or None."""
        with self._lock:
            self._drop_expired(time.monotonic())
            if not self._ready:
                self._read(wait_ms)
            return self._ready.popleft()[1:] if self._ready else None

    def put_back(self, channel: str, data: bytes) -> None:
        """Has a message that was taken come next."""
        expires = time.monotonic() + self._layer.expiry
        with self._lock:
            self._ready.appendleft((expires, channel, data))

    def members(self, group: str) -> list[str]:
        """Returns the members of a group that have been read so far."""
        with self._lock:
            return list(self._inbox.members.channels(group))

    def is_idle(self, now: float) -> bool:
        """Returns whether nobody has used it for long, and it knows nothing that Redis does not."""
        if now - self.used_at < self._layer.expiry or not self._lock.acquire(blocking=False):
            return False
        try:
            self._drop_expired(now)
            self._inbox.members.expire(now - self._layer.group_expiry)
            return not self._ready and not self._inbox.members
        finally:
            self._lock.release()

    def _drop_expired(self, now: float) -> None:
        while self._ready and self._ready[0][0] <= now:
            self._ready.popleft()

    def _read(self, wait_ms: int) -> None:
        block = ("BLOCK", wait_ms) if wait_ms else ()
        read = ("XREAD", "COUNT", READ_COUNT, *block, "STREAMS", self._key, self._inbox.last_id)
        reply, now = self._node.expect(self._node.execute([read, ("TIME",)]))
        if not reply:
            self._check_last()
            return
        entries = reply[0][1]
        oldest = int(now[0]) * 1000 + int(now[1]) // 1000 - self._layer.commands.expiry_ms
        moment = time.monotonic()
        self._inbox.members.expire(moment - self._layer.group_expiry)
        for arrival in self._inbox.follow(entries, oldest, moment):
            if isinstance(arrival, Arrival):
                expires = moment + (milliseconds(self._inbox.last_id) - oldest) / 1000
                self._ready.extend((expires, name, arrival.data) for name in arrival.channels)
        self._node.run(("XDEL", self._key, *(entry_id for entry_id, _ in entries)))

    def _check_last(self) -> None:
        """Starts over if the inbox began anew, under a clock that is behind the one before."""
        [info] = self._node.execute([("XINFO", "STREAM", self._key)])
        if isinstance(info, ResponseError):
            return  # there is none at the moment
        last = dict(zip(info[::2], info[1::2], strict=True))[b"last-generated-id"].decode()
        if milliseconds(last) < milliseconds(self._inbox.last_id):
            self._inbox.last_id = "0-0"
