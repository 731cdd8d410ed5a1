"""WebSocket frames as bytes (RFC 6455, section 5.2)."""

from __future__ import annotations

import struct
from typing import NamedTuple

_TEXT, _BINARY = 0x1, 0x2
_FINAL = 0x80
_MASKED = 0x80
# What `decode` takes at the most: a payload whose length has two bytes in the header.
SHORT_BYTES = (1 << 16) - 1


class Message(NamedTuple):
    """What a client sent in one frame.

    Fields:
        payload: its bytes.
        is_binary: whether they are no text.
        end: where the next frame begins.
    """

    payload: bytes
    is_binary: bool
    end: int


class Frame:
    """One message to many sockets, encoded once however many they are.

    Arguments:
        data: str for a text frame, bytes for a binary one.
    """

    __slots__ = ("_encoded", "data")

    def __init__(self, data: str | bytes) -> None:
        self.data = data
        self._encoded: bytes | None = None

    @property
    def encoded(self) -> bytes:
        """The frame as a server writes it: final, unmasked, uncompressed."""
        if self._encoded is None:
            self._encoded = encode(self.data)
        return self._encoded


def encode(data: str | bytes) -> bytes:
    """Returns one whole message as a frame."""
    opcode, payload = (_TEXT, data.encode()) if isinstance(data, str) else (_BINARY, data)
    length = len(payload)
    if length < 126:
        header = struct.pack("!BB", _FINAL | opcode, length)
    elif length < 1 << 16:
        header = struct.pack("!BBH", _FINAL | opcode, 126, length)
    else:
        header = struct.pack("!BBQ", _FINAL | opcode, 127, length)
    return header + payload


def decode(data: bytes, start: int) -> Message | None:
    """Returns the message in a frame as clients mostly send them: final, short, uncompressed.

    Arguments:
        data: from a client.
        start: where the frame begins.

    Returns:
        None for all that is another frame, only a part of one, or a mistake.
    """
    body = start + 6
    if len(data) < body:
        return None
    opcode, length = data[start] - _FINAL, data[start + 1] - _MASKED
    if opcode not in (_TEXT, _BINARY) or not 0 <= length <= 126:
        return None
    if length == 126:
        length, body = int.from_bytes(data[start + 2 : start + 4], "big"), start + 8
        if length < 126:
            return None
    end = body + length
    if len(data) < end:
        return None
    payload = _unmask(data[body - 4 : body], data[body:end])
    if opcode == _TEXT and not _is_text(payload):
        return None
    return Message(payload, opcode == _BINARY, end)


def _unmask(key: bytes, data: bytes) -> bytes:
    """Returns the payload that was masked (RFC 6455, section 5.3)."""
    length = len(data)
    keys = (key * (length // 4 + 1))[:length]
    plain = int.from_bytes(data, "big") ^ int.from_bytes(keys, "big")
    return plain.to_bytes(length, "big")


def _is_text(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True
