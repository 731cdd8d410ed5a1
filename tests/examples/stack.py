"""The examples as processes: a Valkey, a Daphne and every kind of worker."""

import json
import socket
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.stack import USERNAME, Stack
from tests.support.waiting import wait_until

KEEPALIVE_SECONDS = 1


class ExamplesStack(Stack):
    """All processes of examples/Procfile, two of each kind of worker.

    Attributes:
        taskworkers: the workers for `tasks.*`.
        delay, udp: the delay server, and the interface server for datagrams.
    """

    project = "examples"
    page = "/"
    users = (USERNAME, "admin")

    def __init__(self, folder: Path) -> None:
        self.udp_port = free_port()
        super().__init__(
            folder,
            EXAMPLES_DATA=str(folder),
            KEEPALIVE_SECONDS=str(KEEPALIVE_SECONDS),
            UDP_PORT=str(self.udp_port),
        )
        self.workers = self._workers("worker", "--exclude-channels")
        self.taskworkers = self._workers("taskworker", "--only-channels")
        self.delay = self._python("rundelay", "manage.py", "rundelay", "--sleep", "0.2")
        self.udp = self._python("runudp", "manage.py", "runudp")

    @property
    def processes(self) -> list[Process]:
        return [self.daphne, *self.workers, *self.taskworkers, self.delay, self.udp]

    def start_missing(self) -> None:
        """Start what does not run, and wait until a page and a datagram are answered."""
        super().start_missing()
        wait_until(lambda: self.datagram(b"?"), "an answer to a datagram")

    def datagram(self, data: bytes) -> dict[str, Any] | None:
        """Send a datagram and return its answer, or None if there is none within seconds."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sensor:
            sensor.settimeout(5)
            # Connected, so that nobody else's datagram is taken for the answer.
            sensor.connect(("127.0.0.1", self.udp_port))
            try:
                sensor.send(data)
                return json.loads(sensor.recv(4096))
            except OSError:
                return None

    def _workers(self, name: str, which: str) -> list[Process]:
        command = ["manage.py", "runworker", which, "tasks.*"]
        return [self._python(f"{name}-{number}", *command) for number in (1, 2)]
