"""What redis-py raises, as what a channel layer raises. No I/O here."""

from __future__ import annotations

import asyncio
import re

from redis.asyncio.sentinel import MasterNotFoundError as AsyncMasterNotFoundError
from redis.exceptions import AuthenticationError, RedisError, ResponseError
from redis.exceptions import ConnectionError as DriverConnectionError
from redis.exceptions import TimeoutError as DriverTimeoutError
from redis.sentinel import MasterNotFoundError

from channels.layers.exceptions import (
    AccessDenied,
    LayerUnavailable,
    RefusedForNow,
    UnsupportedServer,
)

DRIVER_ERRORS = (RedisError, OSError)

MINIMUM_VERSION = (7, 0)

# What a server answers, by the first word of its error, and what can be done.
_REFUSALS = {
    "NOPERM": "its user may not do this; give it all commands on keys that begin with the prefix",
    "OOM": "it refuses writes: its memory is full; raise its maxmemory or look for what fills it",
    "MISCONF": "it refuses writes: it cannot save them; look at its disk and at its log",
    "NOREPLICAS": "it refuses writes: it has too few replicas; look at them",
    "READONLY": "it is a replica and takes no writes",
    "LOADING": "it is still loading its data",
    "MASTERDOWN": "it is a replica that has lost its primary",
    "BUSY": "it is busy with a script that does not end",
}
_NO_ACCESS = (
    "wrong or missing password; put it into the hosts URL, or behind Sentinel into"
    " connection_kwargs"
)
_NO_PRIMARY = (
    "no sentinel names it; do they run, and are hosts, their passwords and services right?"
)
_NO_ANSWER = "no answer in time"
_NO_WAY = "it cannot be reached; is it running, and is this its address?"


def unavailable(address: str, error: BaseException) -> LayerUnavailable:
    """Returns the error for a Redis that cannot be reached or does not do its work."""
    if isinstance(error, LayerUnavailable):
        return error
    found = _kind(error)(f"Redis at {address}: {_explain(error)}")
    found.__cause__ = error
    return found


def trouble(error: LayerUnavailable) -> str:
    """Returns what is wrong without the particulars, the same for as long as it is the same."""
    return str(error).partition(" (")[0]


def is_stream_missing(error: BaseException) -> bool:
    """Returns whether a read was refused because a stream has no consumer group (any more)."""
    return _code(error) in ("NOGROUP", "UNBLOCKED")


def is_group_there(error: BaseException) -> bool:
    """Returns whether a stream's consumer group could not be made because there is one."""
    return _code(error) == "BUSYGROUP"


def is_wrong_type(error: BaseException) -> bool:
    """Returns whether a command was refused because its key holds something else."""
    return _code(error) == "WRONGTYPE"


def is_no_primary(error: BaseException) -> bool:
    """Returns whether another server may have taken the place of the one that answered so."""
    return _code(error) in ("READONLY", "NOREPLICAS", "MASTERDOWN")


def check_version(address: str, info: bytes | ResponseError) -> None:
    """Raises UnsupportedServer if the server's INFO says that it is too old.

    Raises:
        ResponseError: the server does not let us ask.
    """
    if isinstance(info, ResponseError):
        raise info
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name == "redis_version":
            version = tuple(int(part) for part in value.strip().split(".")[:2])
            if version < MINIMUM_VERSION:
                raise UnsupportedServer(
                    f"Redis at {address} is version {value.strip()}, but this layer needs Redis"
                    " 7.0 or Valkey 7.2, or newer."
                )


def _kind(error: BaseException) -> type[LayerUnavailable]:
    if isinstance(error, AuthenticationError):
        return AccessDenied
    passes = _code(error) in _REFUSALS.keys() - {"NOPERM"}
    return RefusedForNow if passes else LayerUnavailable


def _explain(error: BaseException) -> str:
    # redis-py writes whole clients into the error of its sentinels.
    text = re.sub(r"<.*?> - ", "", str(error)) or type(error).__name__
    advice = _advice(error)
    return f"{advice} ({text})" if advice else text


def _advice(error: BaseException) -> str | None:
    if isinstance(error, AuthenticationError):
        return _NO_ACCESS
    if isinstance(error, MasterNotFoundError | AsyncMasterNotFoundError):
        return _NO_PRIMARY
    # In Python 3.10 the two are not the same yet.
    if isinstance(error, DriverTimeoutError | TimeoutError | asyncio.TimeoutError):
        return _NO_ANSWER
    found = _REFUSALS.get(_code(error))
    if found is None and isinstance(error, DriverConnectionError | OSError):
        return _NO_WAY
    return found


def _code(error: BaseException) -> str:
    """Returns the first word of a server's error, which redis-py cuts off where it knows it."""
    text = str(error)
    if text.startswith("ACL failure in script"):
        return "NOPERM"
    if isinstance(error, RedisError) and error.status_code:
        return error.status_code
    return text.partition(" ")[0]
