"""Messages to bytes and back, the same on every layer.

MessagePack keeps str and bytes apart, which JSON cannot.
"""

import reprlib
from collections.abc import Mapping
from typing import Any

import msgpack

from channels.layers.exceptions import MessageTooLarge

# Larger than any HTTP body chunk or WebSocket frame that an interface server passes on.
MAX_MESSAGE_BYTES = 16 * 1024 * 1024


def encode(message: Mapping[str, Any]) -> bytes:
    """Returns the message as bytes.

    Arguments:
        message: a dict of str, bytes, int, float, bool, None, list and dict, nested as needed.

    Raises:
        TypeError: the message is no dict or holds something else.
        MessageTooLarge: it takes more than 16 MiB.
    """
    if not isinstance(message, dict):
        raise TypeError(f"A message must be a dict, not {type(message).__name__}: {message!r:.100}")
    try:
        data = _pack(message)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise TypeError(
            f"Cannot encode the message {reprlib.repr(message)}: {error}. Only str, bytes,"
            " int (64 bits), float, bool, None, list and dict can travel over a channel."
        ) from error
    if len(data) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(
            f"The message takes {len(data)} bytes; a channel carries at most {MAX_MESSAGE_BYTES}."
            " Send it in pieces, or store it and send where it is."
        )
    return data


def decode(data: bytes) -> dict[str, Any]:
    """Returns the message that `encode` made the bytes from.

    Raises:
        ValueError: the bytes are no message: malformed, too large, too deep, or no dict.
    """
    if len(data) > MAX_MESSAGE_BYTES:
        raise ValueError(f"Not a message: {len(data)} bytes; `encode` makes {MAX_MESSAGE_BYTES}.")
    try:
        message = msgpack.unpackb(data, raw=False, strict_map_key=False)
    except Exception as error:  # msgpack raises many kinds for input that is not its own
        raise ValueError(f"Not a message ({len(data)} bytes): {error!r}") from error
    if not isinstance(message, dict):
        raise ValueError(f"Not a message: a {type(message).__name__} instead of a dict.")
    return message


def _pack(message: dict[str, Any]) -> bytes:
    try:
        packed: bytes = msgpack.packb(message, strict_types=True)
    except TypeError:  # a tuple, or a subclass such as Django's SafeString: these may travel too
        packed = msgpack.packb(message)
        _check_keys(message)
    return packed


def _check_keys(container: Any) -> None:
    """Raises TypeError for a tuple as a key: it would arrive as a list, which cannot be one."""
    if isinstance(container, dict):
        for key in container:
            if isinstance(key, tuple):
                raise TypeError(f"the key {key!r:.100} is a tuple")
        container = container.values()
    for value in container:
        if isinstance(value, dict | list | tuple):
            _check_keys(value)
