"""WebSocket frames as bytes (RFC 6455, section 5.2)."""

import struct

_TEXT, _BINARY = 0x1, 0x2
_FINAL = 0x80


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
