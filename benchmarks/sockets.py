"""The load client: thousands of WebSockets in one process, driven by epoll without any library."""

import errno
import os
import select
import socket
import sys
from collections.abc import Callable
from time import monotonic

from benchmarks.frames import PING, PONG, TEXT, encode, handshake, split

CHUNK = 16 * 1024
TOTAL_RETRANSMITS_OFFSET = 100  # of tcpi_total_retrans in Linux's struct tcp_info

OnText = Callable[[int, bytes], None]


def ignore(descriptor: int, payload: bytes) -> None:
    """Do nothing with a text."""


class HandshakeRefused(Exception):
    """The server answered a handshake with something else than 101."""


class Sockets:
    """Opens WebSockets to 127.0.0.1 and hands out what arrives on them.

    A socket is known by its file descriptor. Pings are answered. Use as a context manager.

    Arguments:
        port: where the server listens.

    Attributes:
        open_sockets: descriptor -> socket, for those whose handshake is done.
        resets: connections that the system reset before their handshake; they were made again.
        closed_by_server: sockets that were open and are no more.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.open_sockets: dict[int, socket.socket] = {}
        self.resets = 0
        self.closed_by_server = 0
        self._connecting: dict[int, socket.socket] = {}
        self._unread: dict[int, bytes] = {}
        self._epoll = select.epoll()

    def __enter__(self) -> "Sockets":
        return self

    def __exit__(self, *exception: object) -> None:
        for connection in (*self.open_sockets.values(), *self._connecting.values()):
            connection.close()
        self._epoll.close()

    def __len__(self) -> int:
        return len(self.open_sockets)

    def open(
        self,
        count: int,
        path: str,
        at_once: int = 100,
        wait: bool = False,
        timeout: float = 120,
        on_text: OnText = ignore,
    ) -> None:
        """Open `count` more sockets on `path`.

        Arguments:
            at_once: how many handshakes may be under way at a time.
            wait: connect one after the other, each as soon as the one before is connected.
            timeout: seconds until all must be open.
            on_text: called meanwhile with what arrives on others.

        Raises HandshakeRefused when the server refuses one, TimeoutError when time is up.
        """
        request = handshake(path, self.port)
        target = len(self) + count
        deadline = monotonic() + timeout
        while len(self) < target:
            while len(self._connecting) < min(at_once, target - len(self)):
                self._connect(wait, deadline)
            for descriptor, event in self._poll(deadline):
                if descriptor in self._connecting:
                    self._proceed(descriptor, event, request)
                else:
                    for payload in self._texts(descriptor):
                        on_text(descriptor, payload)

    def receive(self, on_text: OnText, until: Callable[[], bool], timeout: float) -> bool:
        """Call `on_text(descriptor, payload)` for each text frame until `until()` is true.

        Returns whether it became true within `timeout` seconds.
        """
        deadline = monotonic() + timeout
        while not until():
            try:
                events = self._poll(deadline)
            except TimeoutError:
                return False
            for descriptor, _ in events:
                for payload in self._texts(descriptor):
                    on_text(descriptor, payload)
        return True

    def send(self, descriptor: int, frame: bytes) -> None:
        """Write a frame made by `encode` to one socket."""
        os.write(descriptor, frame)

    def close(self, descriptor: int) -> None:
        """Leave without a word, as a client does whose network is gone."""
        self._unread.pop(descriptor, None)
        self._drop(self.open_sockets, descriptor)

    def retransmits(self) -> int:
        """Return how many TCP segments, SYN included, the open sockets had to send again."""
        return sum(_retransmits(connection) for connection in self.open_sockets.values())

    def _connect(self, wait: bool, deadline: float) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(self._left(deadline) if wait else 0)
        error = connection.connect_ex(("127.0.0.1", self.port))
        if error == errno.EAGAIN:
            raise TimeoutError(f"{len(self)} sockets were open when the time was up")
        if error not in (0, errno.EINPROGRESS):
            raise OSError(error, os.strerror(error))
        connection.setblocking(False)
        descriptor = connection.fileno()
        self._connecting[descriptor] = connection
        self._epoll.register(descriptor, select.EPOLLOUT)

    def _proceed(self, descriptor: int, event: int, request: bytes) -> None:
        """Take the handshake of one connecting socket a step on."""
        try:
            if event & select.EPOLLOUT:
                os.write(descriptor, request)
                self._epoll.modify(descriptor, select.EPOLLIN)
            else:
                self._read_answer(descriptor)
        except ConnectionError:
            self._drop(self._connecting, descriptor)
            self.resets += 1

    def _read_answer(self, descriptor: int) -> None:
        data = self._unread.pop(descriptor, b"") + os.read(descriptor, CHUNK)
        _, end, rest = data.partition(b"\r\n\r\n")
        status = data[:64].partition(b"\r\n")[0].decode("latin-1")
        if not data or (end and " 101 " not in status):
            raise HandshakeRefused(status or "connection closed during the handshake")
        if not end:
            self._unread[descriptor] = data
            return
        if rest:
            self._unread[descriptor] = rest
        self.open_sockets[descriptor] = self._connecting.pop(descriptor)

    def _poll(self, deadline: float) -> list[tuple[int, int]]:
        return self._epoll.poll(self._left(deadline), 1024)

    def _left(self, deadline: float) -> float:
        left = deadline - monotonic()
        if left <= 0:
            raise TimeoutError(f"{len(self)} sockets were open when the time was up")
        return left

    def _texts(self, descriptor: int) -> list[bytes]:
        """Read an open socket once and return the text messages; pings are answered."""
        try:
            data = os.read(descriptor, CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            self._drop(self.open_sockets, descriptor)
            self.closed_by_server += 1
            return []
        frames, rest = split(self._unread.pop(descriptor, b"") + data)
        if rest:
            self._unread[descriptor] = rest
        for opcode, payload in frames:
            if opcode == PING:
                self.send(descriptor, encode(PONG, payload))
        return [payload for opcode, payload in frames if opcode == TEXT]

    def _drop(self, sockets: dict[int, socket.socket], descriptor: int) -> None:
        self._epoll.unregister(descriptor)
        sockets.pop(descriptor).close()


def _retransmits(connection: socket.socket) -> int:
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128)
    return int.from_bytes(info[TOTAL_RETRANSMITS_OFFSET:][:4], sys.byteorder)
