"""The HTTP side of the load client: a closed loop of GET requests on kept-alive connections."""

import os
import re
import select
import socket
from time import monotonic

CHUNK = 16 * 1024
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


class UnexpectedAnswer(Exception):
    """The server answered with something else than 200 and a Content-Length."""


class Requests:
    """Connections to 127.0.0.1 that each send the next request when the answer has come.

    A server that closes after each answer gets a new connection for each request.

    Arguments:
        port: where the server listens.
        connections: how many requests are under way at a time.
    """

    def __init__(self, port: int, connections: int) -> None:
        self.port = port
        self.request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
        self.latencies: list[float] = []
        self._connections: dict[int, socket.socket] = {}
        self._sent: dict[int, float] = {}
        self._unread: dict[int, bytes] = {}
        self._epoll = select.epoll()
        for _ in range(connections):
            self._connect()

    def __enter__(self) -> "Requests":
        return self

    def __exit__(self, *exception: object) -> None:
        for connection in self._connections.values():
            connection.close()
        self._epoll.close()

    def run(self, seconds: float) -> tuple[list[float], float]:
        """Load the server and return the latencies, and requests a second, of this run."""
        self.latencies = []
        start = monotonic()
        while monotonic() < start + seconds:
            for descriptor, _ in self._epoll.poll(1):
                self._read(descriptor)
        return self.latencies, len(self.latencies) / (monotonic() - start)

    def _connect(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        descriptor = connection.fileno()
        self._connections[descriptor] = connection
        self._epoll.register(descriptor, select.EPOLLIN)
        self._send(descriptor)

    def _send(self, descriptor: int) -> None:
        self._sent[descriptor] = monotonic()
        os.write(descriptor, self.request)

    def _read(self, descriptor: int) -> None:
        data = self._unread.pop(descriptor, b"") + os.read(descriptor, CHUNK)
        head, end, body = data.partition(b"\r\n\r\n")
        if not end or len(body) < _content_length(head):
            if not data:
                raise UnexpectedAnswer("the connection was closed")
            self._unread[descriptor] = data
            return
        self.latencies.append(monotonic() - self._sent[descriptor])
        if CLOSES.search(head):
            self._epoll.unregister(descriptor)
            self._connections.pop(descriptor).close()
            self._connect()
        else:
            self._send(descriptor)


def _content_length(head: bytes) -> int:
    length = CONTENT_LENGTH.search(head)
    if b" 200 " not in head[:16] or not length:
        raise UnexpectedAnswer(head[:64].decode("latin-1"))
    return int(length[1])
