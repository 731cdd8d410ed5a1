"""Which Redis servers a layer uses, and how to connect to them."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.connection import parse_url as parse_async_url
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry

from asgi_redis.errors import DRIVER_ERRORS, unavailable

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
        options: further options of redis-py's connections; those in the URL win over them.

    Raises:
        ValueError: an option is none that redis-py takes, or names a file that is not there.
    """

    def __init__(self, url: str, options: Options) -> None:
        scheme, _, rest = url.partition("://")
        self.address = f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
        self._url = url
        self._options = options if scheme == "unix" else {**TCP_OPTIONS, **options}
        _check(self.sync_pool(0))

    def sync_pool(self, timeout: float, **options: Any) -> redis.ConnectionPool:
        # With `from_url`, what the URL says would win over what the layer rests on.
        said = {**self._options, **parse_url(self._url)}  # type: ignore[no-untyped-call]
        settings = _settings(said, timeout, Retry(NoBackoff(), 0))
        return redis.ConnectionPool(**{**settings, **options})

    def async_pool(self, timeout: float | None = None) -> redis.asyncio.ConnectionPool:
        said = {**self._options, **parse_async_url(self._url)}
        return redis.asyncio.ConnectionPool(**_settings(said, timeout, AsyncRetry(NoBackoff(), 0)))


class SentinelServer(Server):
    """The primary of a service that sentinels watch; every new connection asks which it is.

    Arguments:
        service: its name.
        sentinels: where they are.
        options: further options of redis-py's connections to the primary.

    Raises:
        ValueError: as UrlServer.
    """

    def __init__(self, service: str, sentinels: Sequence[UrlServer], options: Options) -> None:
        self.address = f"sentinel://{service}"
        self._service = service
        self._sentinels = sentinels
        self._options = {**TCP_OPTIONS, **options}
        self._manager = _manager(sentinels)
        _check(self.sync_pool(0))

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
        settings = _settings(self._options, timeout, Retry(NoBackoff(), 0))
        pool: redis.ConnectionPool = redis.sentinel.SentinelConnectionPool(  # type: ignore[no-untyped-call]
            self._service, _manager(self._sentinels), **{**settings, **options}
        )
        return pool

    def async_pool(self) -> redis.asyncio.ConnectionPool:
        settings = _settings(self._options, None, AsyncRetry(NoBackoff(), 0))
        pool: redis.asyncio.ConnectionPool = _AsyncSentinelPool(  # type: ignore[no-untyped-call]
            self._service, self._async_manager(), **settings
        )
        return pool

    def _async_manager(self) -> Any:
        manager: Any = redis.asyncio.sentinel.Sentinel([])  # type: ignore[no-untyped-call]
        manager.sentinels = [
            redis.asyncio.Redis.from_pool(sentinel.async_pool(SENTINEL_SECONDS))
            for sentinel in self._sentinels
        ]
        return manager


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
        hosts: (host, port) pairs or URLs of the sentinels.
        services: names of the services; None asks the sentinels for all they know.
        options: further options of redis-py's connections to the primaries.

    Raises:
        ValueError: an entry is neither, one bare string stands for a list, or no sentinel tells
            its services.
    """
    if isinstance(hosts, str | bytes) or isinstance(services, str | bytes):
        raise ValueError("hosts and services must be lists, even of one entry.")
    limits = {"socket_connect_timeout": SENTINEL_SECONDS}
    sentinels = [UrlServer(_url(host), limits) for host in (hosts or [("localhost", 26379)])]
    names = services or _known_services(sentinels)
    return [SentinelServer(name, sentinels, options) for name in sorted(names)]


def _known_services(sentinels: Sequence[UrlServer]) -> list[str]:
    failures = []
    for server, sentinel in zip(sentinels, _manager(sentinels).sentinels, strict=True):
        try:
            return [str(name) for name in sentinel.sentinel_masters()]
        except DRIVER_ERRORS as error:
            failures.append(str(unavailable(server.address, error)))
    raise ValueError(
        f"No sentinel tells its services; name them in the settings. {'; '.join(failures)}"
    )


async def _hang_up(manager: Any) -> None:
    for sentinel in manager.sentinels:
        await sentinel.aclose()


def _place(pair: Any) -> Place:
    host, port = pair
    return str(host), int(port)


def _manager(sentinels: Sequence[UrlServer]) -> Any:
    manager: Any = redis.sentinel.Sentinel([])  # type: ignore[no-untyped-call]
    # One by one, for each may have a password of its own.
    manager.sentinels = [
        redis.Redis.from_pool(sentinel.sync_pool(SENTINEL_SECONDS)) for sentinel in sentinels
    ]
    return manager


def _url(host: Host) -> str:
    if isinstance(host, str):
        return host
    if isinstance(host, tuple | list) and len(host) == 2 and str(host[1]).isdecimal():
        name = str(host[0]).strip("[]")
        return f"redis://{f'[{name}]' if ':' in name else name}:{int(host[1])}"
    raise ValueError(f"hosts must have URLs or (host, port) pairs, not {host!r}.")


def _settings(said: Options, timeout: float | None, retry: Any) -> dict[str, Any]:
    """Returns what the URL and the options say, and what the layer rests on, which wins."""
    # redis-py's own default number of connections would fail the hundred and first thread.
    defaults = {"max_connections": MOST_CONNECTIONS, "socket_connect_timeout": TIMEOUT_SECONDS}
    # Any other timeout would end blocking reads, and replies of another protocol look different.
    needed = {"socket_timeout": timeout, "protocol": 2, "retry": retry}
    return {**defaults, **said, **needed}


def _check(pool: redis.ConnectionPool) -> None:
    """Raises ValueError for options that redis-py does not take, and for missing files."""
    try:
        connection = pool.make_connection()
    except (TypeError, redis.exceptions.RedisError) as error:
        raise ValueError(
            f"connection_kwargs, or a URL in hosts, has what redis-py does not take: {error}"
        ) from error
    for option in ("ca_certs", "certfile", "keyfile"):
        path = getattr(connection, option, None)
        if path and not os.path.exists(path):
            raise ValueError(f"ssl_{option} is {path!r}, but there is no such file.")
