"""Many WebSockets in one thread, each remembering what it was sent."""

import select
import socket
import struct
import threading
import time
from collections.abc import Sequence

from tests.support.waiting import wait_until

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


class Member:
    """One socket.

    Args:
        port: of the server that is to hold it.
        path: what it asks for; on "/" consumers put it into the group.

    Attributes:
        received: the texts of its frames, and the data of binary ones.
        closed: the code that it was closed with; 1006 without a close frame, None if open.
    """

    def __init__(self, port: int, path: str = "/") -> None:
        self.port = port
        self.received: list[str | bytes] = []
        self.closed: int | None = None
        self._data = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        try:
            self._shake_hands(HANDSHAKE.format(port=port, path=path))
        except BaseException:
            self.socket.close()
            raise
        self.socket.setblocking(False)

    def send(self, data: str | bytes) -> None:
        """Send a frame; waits for as long as the server does not read."""
        text = isinstance(data, str)
        payload = data.encode() if text else data
        self.socket.setblocking(True)
        self.socket.sendall(masked(TEXT if text else BINARY, payload))
        self.socket.setblocking(False)

    def answer(self, data: str | bytes) -> str | bytes:
        """Send a frame and return the next that comes."""
        before = len(self.received)
        self.send(data)
        wait_until(lambda: self.read() or len(self.received) > before, f"an answer to {data!r}")
        return self.received[before]

    def read(self) -> None:
        """Take what has come, without waiting."""
        try:
            part = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self.closed = self.closed or 1006
        self._data += part
        while (frame := self._next_frame()) is not None:
            self._take(*frame)

    def _shake_hands(self, request: str) -> None:
        self.socket.sendall(request.encode())
        while b"\r\n\r\n" not in self._data:
            part = self.socket.recv(4096)
            assert part, f"refused: {self._data!r}"
            self._data += part
        status, _, self._data = self._data.partition(b"\r\n\r\n")
        assert b" 101 " in status, status

    def _next_frame(self) -> tuple[int, bytes] | None:
        """Frames of servers are not masked (RFC 6455, section 5.2)."""
        data = self._data
        if len(data) < 2:
            return None
        start, length = 2, data[1]
        if length == 126:
            start, length = 4, int.from_bytes(data[2:4], "big")
        elif length == 127:
            start, length = 10, int.from_bytes(data[2:10], "big")
        if len(data) < start + length:
            return None
        self._data = data[start + length :]
        return data[0] & 0x0F, data[start : start + length]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.received.append(payload.decode())
        elif opcode == BINARY:
            self.received.append(payload)
        elif opcode == CLOSE:
            self.closed = int.from_bytes(payload[:2], "big")
        elif opcode == PING:
            self.socket.send(masked(PONG, payload))


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """Return a client's frame, with a mask that changes nothing (RFC 6455, section 5.3)."""
    first, length = (0x80 if final else 0) | opcode, len(payload)
    if length < 126:
        header = struct.pack("!BB", first, 0x80 | length)
    elif length < 1 << 16:
        header = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        header = struct.pack("!BBQ", first, 0x80 | 127, length)
    return header + bytes(4) + payload


class Crowd:
    """Sockets that are read until the crowd is dismissed.

    Args:
        ports: of the servers; each gets `size` sockets.
        size: sockets for each server.
    """

    def __init__(self, ports: Sequence[int], size: int) -> None:
        self.members = [Member(port) for port in ports for _ in range(size)]
        self._poll = select.epoll()
        self._by_file = {member.socket.fileno(): member for member in self.members}
        for file in self._by_file:
            self._poll.register(file, select.EPOLLIN)
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def dismiss(self) -> None:
        self._leaving.set()
        self._thread.join()
        for member in self.members:
            member.socket.close()
        self._poll.close()

    def forget(self) -> None:
        """Forget what was received so far."""
        for member in self.members:
            member.received = []

    def open_members(self) -> list[Member]:
        return [member for member in self.members if member.closed is None]

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Wait until every open socket has received the text."""
        wait_until(
            lambda: all(text in member.received[-50:] for member in self.open_members()),
            f"{text!r} at {len(self.open_members())} sockets",
            seconds=seconds,
        )

    def _read(self) -> None:
        while not self._leaving.is_set():
            for file, _ in self._poll.poll(0.1):
                member = self._by_file[file]
                member.read()
                if member.closed is not None:
                    self._poll.unregister(file)
            time.sleep(0)
