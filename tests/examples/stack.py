"""The examples as processes: a Valkey, a Daphne and every kind of worker."""

import json
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.stack import Stack
from tests.support.waiting import wait_until

KEEPALIVE_SECONDS = 1


class ExamplesStack(Stack):
    """All processes of examples/Procfile, two of each kind of worker.

    Attributes:
        taskworkers: the workers for `tasks.*`.
        delay, udp: the delay server, and the interface server for datagrams.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.udp_port = free_port()
        self._env.update(
            DJANGO_SETTINGS_MODULE="examples.settings",
            EXAMPLES_DATA=str(folder),
            KEEPALIVE_SECONDS=str(KEEPALIVE_SECONDS),
            UDP_PORT=str(self.udp_port),
        )
        self.daphne = self._python(
            "daphne", "-m", "daphne", "-p", str(self.port), "examples.asgi:channel_layer"
        )
        self.workers = self._workers("worker", "--exclude-channels")
        self.taskworkers = self._workers("taskworker", "--only-channels")
        self.delay = self._python("rundelay", "manage.py", "rundelay", "--sleep", "0.2")
        self.udp = self._python("runudp", "manage.py", "runudp")

    @property
    def processes(self) -> list[Process]:
        return [self.daphne, *self.workers, *self.taskworkers, self.delay, self.udp]

    def start(self) -> None:
        self.valkey.start()
        self._manage("migrate")
        self._manage("createsuperuser", "--username", "operator", "--email", "operator@example.org")
        self._manage("createsuperuser", "--username", "admin", "--email", "admin@example.org")
        self.start_missing()

    def start_missing(self) -> None:
        """Start what does not run, and wait until a page and a datagram are answered."""
        for process in self.processes:
            if not process.is_running():
                process.start()
        self.wait_until_answering()
        wait_until(lambda: self.datagram(b"?"), "an answer to a datagram")

    def stop(self) -> None:
        for process in [*self.processes, self.valkey]:
            process.stop()

    def wait_until_answering(self) -> None:
        wait_until(lambda: self.status("/") == 200, f"an answer from {self.url}")

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query of the database."""
        with closing(sqlite3.connect(self._folder / "db.sqlite3")) as database:
            return database.execute(sql, parameters).fetchall()

    def shell(self, code: str) -> Any:
        """Run code in the project's shell; return the value that it assigned to `result`."""
        code = f"import json\nresult = None\n{code}\nprint('\\n' + json.dumps(result))"
        output = self.command("shell", "--verbosity", "0", "--command", code)
        return json.loads(output.splitlines()[-1])

    def command(self, *arguments: str) -> str:
        """Run a management command and return what it wrote."""
        process = self._python("command", "manage.py", *arguments)
        process.log.unlink(missing_ok=True)
        process.start()
        assert process.wait(120) == 0, process.output
        return process.output

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
