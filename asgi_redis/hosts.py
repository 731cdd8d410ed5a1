"""Which Redis servers a layer uses, and how to connect to them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from asgi_redis.errors import DRIVER_ERRORS

Host = str | tuple[str, int] | list[Any]
Options = Mapping[str, Any]
# The (host, port) of a server, as far as it is known.
Place = tuple[str, int] | None

# A server that has not answered for this long is treated as away.
TIMEOUT_SECONDS = 5.0
# Each thread that uses a server has a connection; how many threads there are is not up to us.
MOST_CONNECTIONS = 2**31
# A sentinel that has not is passed over for the next one, while whoever connects still waits.
SENTINEL_SECONDS = 1.0
# What redis-py knows for connections over a network only.
TCP_OPTIONS = {"socket_keepalive": True}


class Server(ABC):
    """One server, or what stands for one.

    Attributes:
        address: for messages; without a password.
    """

    address: str

    @abstractmethod
    def sync_pool(self, timeout: float, **options: Any) -> redis.ConnectionPool:
        """Returns a pool of blocking connections whose reads give up after `timeout` seconds."""

    @abstractmethod
    def async_pool(self) -> redis.asyncio.ConnectionPool:
        """Returns a pool of connections for an event loop, which sets limits to reads itself."""

    def find(self) -> Place:
        """Returns where a new connection would lead to, if that can change; None if not."""
        return None

    async def find_async(self) -> Place:
        """As `find`, for an event loop."""
        return None

    def close(self) -> None:  # noqa: B027  most have nothing to close
        """Closes the connections over which `find` has asked."""


class UrlServer(Server):
    """A server with a URL (redis://, rediss://, unix://).

    Arguments:
        url: its URL.
        options: further options of redis-py's connections.
    """

    def __init__(self, url: str, options: Options) -> None:
        scheme, _, rest = url.partition("://")
        self.address = f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
        self._url = url
        self._options = options if scheme == "unix" else {**TCP_OPTIONS, **options}

    def sync_pool(self, timeout: float, **options: Any) -> redis.ConnectionPool:
        settings = _settings({**self._options, **options}, timeout)
        return redis.ConnectionPool.from_url(self._url, retry=Retry(NoBackoff(), 0), **settings)

    def async_pool(self) -> redis.asyncio.ConnectionPool:
        settings = _settings(self._options, None)
        retry = AsyncRetry(NoBackoff(), 0)
        return redis.asyncio.ConnectionPool.from_url(self._url, retry=retry, **settings)


class SentinelServer(Server):
    """The primary of a service that sentinels watch; every new connection asks which it is.

    Arguments:
        service: its name.
        sentinels: (host, port) pairs.
        options: further options of redis-py's connections, to the primary and to the sentinels.
    """

    def __init__(
        self, service: str, sentinels: Sequence[tuple[str, int]], options: Options
    ) -> None:
        self.address = f"sentinel://{service}"
        self._service = service
        self._sentinels = sentinels
        self._options = {**TCP_OPTIONS, **options}
        self._manager = _manager(sentinels)

    def find(self) -> Place:
        try:
            return _place(self._manager.discover_master(self._service))
        except DRIVER_ERRORS:
            return None

    def close(self) -> None:
        for sentinel in self._manager.sentinels:
            sentinel.close()

    async def find_async(self) -> Place:
        manager = self._async_manager()
        try:
            return _place(await manager.discover_master(self._service))
        except DRIVER_ERRORS:
            return None
        finally:
            await _hang_up(manager)

    def sync_pool(self, timeout: float, **options: Any) -> redis.ConnectionPool:
        settings = _settings({**self._options, **options}, timeout)
        pool: redis.ConnectionPool = redis.sentinel.SentinelConnectionPool(  # type: ignore[no-untyped-call]
            self._service, _manager(self._sentinels), retry=Retry(NoBackoff(), 0), **settings
        )
        return pool

    def async_pool(self) -> redis.asyncio.ConnectionPool:
        settings = _settings(self._options, None)
        pool: redis.asyncio.ConnectionPool = _AsyncSentinelPool(  # type: ignore[no-untyped-call]
            self._service, self._async_manager(), retry=AsyncRetry(NoBackoff(), 0), **settings
        )
        return pool

    def _async_manager(self) -> Any:
        return redis.asyncio.sentinel.Sentinel(  # type: ignore[no-untyped-call]
            self._sentinels, sentinel_kwargs=_sentinel_settings(AsyncRetry(NoBackoff(), 0))
        )


class _AsyncSentinelPool(redis.asyncio.sentinel.SentinelConnectionPool):
    """Leaves no connection to a sentinel open, once one to the primary has been made."""

    async def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().get_connection(*args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            await _hang_up(self.sentinel_manager)


def url_servers(hosts: Iterable[Host] | None, options: Options) -> list[Server]:
    """Returns the servers of the `hosts` setting.

    Arguments:
        hosts: URLs (redis, rediss, unix) or (host, port) pairs; None means localhost.
        options: further options of redis-py's connections.

    Raises:
        ValueError: it is one bare string instead of a list, or an entry is neither.
    """
    if isinstance(hosts, str | bytes):
        raise ValueError(f"hosts must be a list, even for one host: write [{hosts!r}].")
    return [UrlServer(_url(host), options) for host in (hosts or [("localhost", 6379)])]


def sentinel_servers(
    hosts: Iterable[Host] | None, services: Sequence[str] | None, options: Options
) -> list[Server]:
    """Returns the servers behind sentinels, one for each service.

    Arguments:
        hosts: (host, port) pairs of the sentinels.
        services: names of the services; None asks the sentinels for all they know.
        options: further options of redis-py's connections.

    Raises:
        ValueError: an entry is no pair, or the services are one bare string.
    """
    if isinstance(hosts, str | bytes) or isinstance(services, str | bytes):
        raise ValueError("hosts and services must be lists, even of one entry.")
    pairs = [_pair(host) for host in (hosts or [("localhost", 26379)])]
    names = services or _known_services(pairs)
    return [SentinelServer(name, pairs, options) for name in sorted(names)]


def _known_services(sentinels: Sequence[tuple[str, int]]) -> list[str]:
    for sentinel in _manager(sentinels).sentinels:
        try:
            return [str(name) for name in sentinel.sentinel_masters()]
        except redis.exceptions.RedisError:
            continue
    raise ValueError(f"No sentinel at {sentinels} answers; name the services in the settings.")


async def _hang_up(manager: Any) -> None:
    for sentinel in manager.sentinels:
        await sentinel.aclose()


def _place(pair: Any) -> Place:
    host, port = pair
    return str(host), int(port)


def _manager(sentinels: Sequence[tuple[str, int]]) -> Any:
    return redis.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        sentinels, sentinel_kwargs=_sentinel_settings(Retry(NoBackoff(), 0))
    )


def _url(host: Host) -> str:
    if isinstance(host, str):
        return host
    name, port = _pair(host)
    return f"redis://{name}:{port}/0"


def _pair(host: Host) -> tuple[str, int]:
    if isinstance(host, tuple | list) and len(host) == 2:
        return str(host[0]), int(host[1])
    raise ValueError(f"hosts must have URLs or (host, port) pairs, not {host!r}.")


def _sentinel_settings(retry: Any) -> dict[str, Any]:
    options = {"socket_connect_timeout": SENTINEL_SECONDS, "retry": retry}
    return _settings(options, SENTINEL_SECONDS)


def _settings(options: Options, timeout: float | None) -> dict[str, Any]:
    # redis-py's own default timeout would end every blocking read after a few seconds, and its
    # default number of connections would fail the hundred and first thread.
    return {
        "max_connections": MOST_CONNECTIONS,
        "socket_timeout": timeout,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "protocol": 2,
        **options,
    }
