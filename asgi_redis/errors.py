"""What redis-py raises, as what a channel layer raises. No I/O here."""

from __future__ import annotations

import redis.exceptions

from channels.layers.exceptions import LayerUnavailable, UnsupportedServer

DRIVER_ERRORS = (redis.exceptions.RedisError, OSError)

MINIMUM_VERSION = (7, 0)


def unavailable(address: str, error: BaseException) -> LayerUnavailable:
    """Returns the error for a Redis that cannot be reached or does not do its work."""
    if isinstance(error, LayerUnavailable):
        return error
    return LayerUnavailable(f"Redis at {address}: {_explain(error)}")


def is_stream_missing(error: BaseException) -> bool:
    """Returns whether a read was refused because a stream has no consumer group (any more)."""
    return str(error).startswith(("NOGROUP", "UNBLOCKED"))


def check_version(address: str, info: bytes) -> None:
    """Raises UnsupportedServer if the server's INFO says that it is too old."""
    for line in info.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name == "redis_version":
            version = tuple(int(part) for part in value.strip().split(".")[:2])
            if version < MINIMUM_VERSION:
                raise UnsupportedServer(
                    f"Redis at {address} is version {value.strip()}, but this layer needs Redis"
                    " 7.0 or Valkey 7.2, or newer."
                )


def _explain(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    if isinstance(error, redis.exceptions.AuthenticationError):
        return f"wrong or missing password; put it into the hosts URL ({text})"
    if isinstance(error, redis.exceptions.TimeoutError | TimeoutError):
        return f"no answer in time ({text})"
    if isinstance(error, redis.exceptions.ReadOnlyError):
        return f"it is a replica and takes no writes ({text})"
    if text.startswith(("MISCONF", "OOM")):
        return f"it refuses writes; look at its disk and memory ({text})"
    if text.startswith("NOPERM"):
        return f"its user may not do this; give it all commands on the layer's keys ({text})"
    return text
