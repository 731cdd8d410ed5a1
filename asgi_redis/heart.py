"""A worker's heartbeat, and its share in looking after workers that lost theirs."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from asgi_redis import scripts
from asgi_redis.errors import unavailable
from asgi_redis.estate import hand_back_all
from asgi_redis.keys import WORKERS
from asgi_redis.outage import Outage
from channels.layers.exceptions import LayerUnavailable

if TYPE_CHECKING:
    from asgi_redis.layer import RedisChannelLayer
    from asgi_redis.subscription import Share

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
# A worker without a heartbeat for this long is dead, unless its connection is still there: then
# it may only be stopped, and run its consumer on when it is continued.
SUSPECT_MS = 7_000
GIVE_UP_MS = 120_000
FORGET_MS = 3_600_000
# Streams outlive their last reader by this long, or by the expiry of what is in them.
KEEP_STREAM_MS = 600_000


def connection_name(worker: str) -> str:
    """Returns the name by which Redis lists a worker's connection."""
    return f"asgi-worker-{worker}"


class Heart(threading.Thread):
    """Beats on one of the servers that the worker reads from, until it is stopped.

    Arguments:
        layer: the channel layer.
        worker: the worker's name.
        share: the worker's channels on that server.
    """

    def __init__(self, layer: RedisChannelLayer, worker: str, share: Share) -> None:
        super().__init__(name="asgi-redis-heart", daemon=True)
        self._layer = layer
        self._commands = layer.commands
        self._worker = worker
        self._share = share
        self._outage = Outage("This worker cannot say that it is alive")
        self._blindness = Outage("This worker cannot see whether silent ones are still connected")
        self._stopped = threading.Event()

    def run(self) -> None:
        while True:
            try:
                for channel in self.beat():
                    self._reap(channel)
                self._outage.end()
            except LayerUnavailable as error:
                self._outage.meet(error)
            except Exception:  # a mistake of ours must not make a living worker look dead
                logger.exception("Error in the heartbeat of a worker, will keep trying:")
            if self._stopped.wait(BEAT_SECONDS):
                return

    def stop(self) -> None:
        """Ends the heartbeat."""
        self._stopped.set()
        self.join()

    def beat(self) -> list[str]:
        """Beats once; returns the channels whose dead workers it is our turn to look for."""
        keys = self._commands.keys
        channels = tuple(self._share.channels)
        turns = self._share.node.run(
            scripts.worker_beat(
                [keys.workers, *map(keys.stream, channels)],
                self._worker,
                int(BEAT_SECONDS * 900),
                max(KEEP_STREAM_MS, self._commands.expiry_ms),
                FORGET_MS,
                keys.reapers,
                keys.worker_silence,
                SUSPECT_MS,
            )
        )
        return [channels[position - 1] for position in turns]

    def _reap(self, channel: str) -> None:
        keys = self._commands.keys
        suspects = self._share.node.run(
            scripts.suspects([keys.stream(channel), keys.workers], WORKERS, SUSPECT_MS, GIVE_UP_MS)
        )
        if not suspects:
            return
        connected = self._connected()
        for name, given_up in suspects:
            worker = name.decode()
            is_gone = connected is not None and connection_name(worker) not in connected
            if given_up or is_gone:
                self._take_from(channel, worker)

    def _connected(self) -> set[str] | None:
        """Returns the names of the connections that the server still has, if it tells them."""
        node = self._share.node
        [reply] = node.execute([("CLIENT", "LIST", "TYPE", "normal")])
        if isinstance(reply, ResponseError):
            self._blindness.meet(unavailable(node.address, reply))
            return None
        self._blindness.end()
        fields = reply.decode("utf-8", "replace").split()
        return {field[5:] for field in fields if field.startswith("name=")}

    def _take_from(self, channel: str, worker: str) -> None:
        back, dead = hand_back_all(self._share.node, self._commands, channel, worker, died=True)
        if back or dead:
            logger.warning(
                "A worker died with messages on %s: %d go to others, %d to the dead letters.",
                channel,
                back,
                len(dead),
            )
        for data in dead:
            with suppress(ValueError):  # it is no message
                self._layer.tell_client(channel, self._layer.decode(data))
