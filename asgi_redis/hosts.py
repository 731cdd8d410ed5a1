"""The `hosts` setting: which servers, and how to connect to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

Host = str | tuple[str, int] | list[Any]

# A server that has not answered for this long is treated as away.
TIMEOUT_SECONDS = 5.0


def urls(hosts: Iterable[Host] | None) -> list[str]:
    """Returns the hosts as URLs.

    Arguments:
        hosts: URLs (redis, rediss, unix) or (host, port) pairs; None means localhost.

    Raises:
        ValueError: it is one bare string instead of a list, or an entry is neither.
    """
    if isinstance(hosts, str | bytes):
        raise ValueError(f"hosts must be a list, even for one host: write [{hosts!r}].")
    return [_url(host) for host in (hosts or [("localhost", 6379)])]


def sync_pool(url: str, options: Mapping[str, Any], timeout: float) -> redis.ConnectionPool:
    """Returns a pool of blocking connections whose reads give up after `timeout` seconds."""
    settings = _settings(options, timeout)
    return redis.ConnectionPool.from_url(url, retry=Retry(NoBackoff(), 0), **settings)


def async_pool(
    url: str, options: Mapping[str, Any], timeout: float
) -> redis.asyncio.ConnectionPool:
    """As `sync_pool`, for an event loop."""
    settings = _settings(options, timeout)
    return redis.asyncio.ConnectionPool.from_url(url, retry=AsyncRetry(NoBackoff(), 0), **settings)


def without_password(url: str) -> str:
    """Returns a URL that may stand in a log."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _url(host: Host) -> str:
    if isinstance(host, str):
        return host
    if isinstance(host, tuple | list) and len(host) == 2:
        return f"redis://{host[0]}:{int(host[1])}/0"
    raise ValueError(f"hosts must have URLs or (host, port) pairs, not {host!r}.")


def _settings(options: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    # redis-py's own default timeout would end every blocking read after a few seconds.
    return {
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout, TIMEOUT_SECONDS),
        "socket_keepalive": True,
        "protocol": 2,
        **options,
    }
