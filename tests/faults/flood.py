"""A client that sends more than anybody can take."""

import select
import threading
import time

from tests.faults.crowd import TEXT, Member, masked

FRAMES_PER_SECOND = 10_000


class Flood(threading.Thread):
    """Sends one frame over and over, until it is stopped or its socket is closed.

    Args:
        port: of the server.
        text: what is in each frame.

    Attributes:
        member: the socket.
    """

    def __init__(self, port: int, text: str) -> None:
        super().__init__(daemon=True)
        self.member = Member(port, "/flood/")
        self._frame = masked(TEXT, text.encode())
        self._stopping = threading.Event()

    def __enter__(self) -> "Flood":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self.join()
        self.member.socket.close()

    def is_held_back(self) -> bool:
        """Return whether the server has stopped to read."""
        return not select.select([], [self.member.socket], [], 0.2)[1]

    def run(self) -> None:
        started, sent = time.monotonic(), 0
        batch = self._frame * 100 if len(self._frame) < 10_000 else self._frame
        while not self._is_over():
            self._write(batch)
            sent += len(batch) // len(self._frame)
            time.sleep(max(0, started + sent / FRAMES_PER_SECOND - time.monotonic()))

    def _write(self, batch: bytes) -> None:
        left = memoryview(batch)
        while left and not self._is_over():
            self.member.read()
            try:
                left = left[self.member.socket.send(left) :]
            except BlockingIOError:
                time.sleep(0.005)
            except OSError:
                self.member.closed = self.member.closed or 1006

    def _is_over(self) -> bool:
        return self._stopping.is_set() or self.member.closed is not None
