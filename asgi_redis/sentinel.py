"""The Redis layer over servers that sentinels watch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from asgi_redis.hosts import Host, Options, Server, sentinel_servers
from asgi_redis.layer import RedisChannelLayer


class RedisSentinelChannelLayer(RedisChannelLayer):
    """As RedisChannelLayer, with the primaries of Sentinel services in place of fixed hosts.

    A connection asks the sentinels for the primary when it is made. It is made again when its
    server goes, takes no writes, or is no longer the one that the sentinels name.

    Arguments:
        hosts: (host, port) pairs of the sentinels, or URLs where they have a password or TLS.
        services: names of the services; several share the channels and groups among them.
            Without it the sentinels are asked for all they know.
        connection_kwargs: further options of redis-py's connections to the primaries.
        sentinel_refresh_interval: of 1.x; sentinels are asked every two or three seconds.

    The other arguments are those of RedisChannelLayer.
    """

    def __init__(
        self,
        *args: Any,
        services: Sequence[str] | None = None,
        sentinel_refresh_interval: float = 0,
        **kwargs: Any,
    ) -> None:
        self._services = services
        super().__init__(*args, **kwargs)

    def find_servers(self, hosts: Iterable[Host] | None, options: Options) -> list[Server]:
        """Returns a server for each service."""
        return sentinel_servers(hosts, self._services, options)
