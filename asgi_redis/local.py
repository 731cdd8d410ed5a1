"""The Redis layer whose worker channels stay on one machine."""

from __future__ import annotations

import socket

from asgi_redis.keys import Keys
from asgi_redis.layer import RedisChannelLayer


class RedisLocalChannelLayer(RedisChannelLayer):
    """As RedisChannelLayer, but a machine's messages are read by that machine's workers only.

    Replies and groups reach every machine.
    """

    def make_keys(self, prefix: str, stats_prefix: str) -> Keys:
        """Returns key names with the machine's name in those of worker channels."""
        return Keys(prefix, stats_prefix, machine=f"{socket.gethostname()}:")
