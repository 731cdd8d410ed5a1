"""WebSocket bytes as a client sends and reads them (RFC 6455), as cheaply as Python can."""

from functools import lru_cache
from typing import NamedTuple

TEXT = 0x1
CLOSE = 0x8
PING = 0x9
PONG = 0xA

FINAL = 0x80
MASKED = 0x80
NO_MASK = bytes(4)  # a legal masking key that leaves the payload as it is


class Frame(NamedTuple):
    """One whole, unfragmented frame from a server."""

    opcode: int
    payload: bytes


def handshake(path: str, port: int) -> bytes:
    """Return the request that opens a WebSocket on `path` (RFC 6455, section 4.1)."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def encode(opcode: int, payload: bytes) -> bytes:
    """Return a client's frame of at most 125 bytes of payload."""
    return bytes((FINAL | opcode, MASKED | len(payload))) + NO_MASK + payload


@lru_cache(maxsize=256)  # a broadcast brings the same bytes to every socket
def split(data: bytes) -> tuple[tuple[Frame, ...], bytes]:
    """Return the whole frames at the start of `data` and the bytes left over."""
    frames = []
    start = 0
    while len(data) - start >= 2:
        header, length = 2, data[start + 1]
        if length == 126:
            header, length = 4, int.from_bytes(data[start + 2 : start + 4], "big")
        elif length == 127:
            header, length = 10, int.from_bytes(data[start + 2 : start + 10], "big")
        end = start + header + length
        if end > len(data):
            break
        frames.append(Frame(data[start] & 0x0F, data[start + header : end]))
        start = end
    return tuple(frames), data[start:]
