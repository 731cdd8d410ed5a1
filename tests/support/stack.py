"""The whole system as processes: Valkey, Daphne, two workers and a database file."""

import http.client
import sys
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

WORKERS = 2
USERNAME = "operator"
PASSWORD = "a password for tests"


class Stack:
    """The processes of one deployment, all of them on free ports and in one folder.

    Attributes:
        host: host and port of the page.
        valkey, daphne, workers: the processes.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.valkey = ValkeyServer(folder)
        self._folder = folder
        self._env = {
            "DJANGO_SETTINGS_MODULE": "tracker_project.settings",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "only for tests",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "TRACKER_REPORTS_AN_HOUR": "1000",  # all tests report from one address
        }
        self.daphne = self._python(
            "daphne", "-m", "daphne", "-p", str(self.port), "tracker_project.asgi:channel_layer"
        )
        self.workers = [
            self._python(f"worker-{number}", "manage.py", "runworker")
            for number in range(1, WORKERS + 1)
        ]

    @property
    def processes(self) -> list[Process]:
        """All of them but Valkey."""
        return [self.daphne, *self.workers]

    def start(self) -> None:
        """Migrate, add a user, start everything and wait until the page answers."""
        self.valkey.start()
        self._manage("migrate")
        self._add_user()
        self.start_missing()

    def start_missing(self) -> None:
        """Start what does not run, and wait until the page answers."""
        for process in self.processes:
            if not process.is_running():
                process.start()
        self.wait_until_answering()

    def stop(self) -> None:
        for process in [*self.processes, self.valkey]:
            process.stop()

    def wait_until_answering(self) -> None:
        """Wait until a request comes back from a worker."""
        wait_until(lambda: self.status("/report/") == 200, f"an answer from {self.url}")

    def status(self, path: str) -> int | None:
        """Return the status of a GET request, or None when nothing answers."""
        return status_of(self.port, path)

    def run(self, code: str) -> None:
        """Run code in Django's shell."""
        shell = self._python("shell", "manage.py", "shell", "--command", code)
        shell.start()
        assert shell.wait(120) == 0, shell.output

    def worker_output(self) -> str:
        return "".join(worker.output for worker in self.workers)

    def _add_user(self) -> None:
        self._manage("createsuperuser", "--username", USERNAME, "--email", "operator@example.org")

    def _manage(self, *arguments: str) -> None:
        process = self._python(arguments[0], "manage.py", *arguments, "--no-input")
        process.start()
        assert process.wait(120) == 0, process.output

    def _python(self, name: str, *arguments: str) -> Process:
        return Process(name, [sys.executable, *arguments], env=self._env, folder=self._folder)


def status_of(port: int, path: str, **headers: str) -> int | None:
    """Return the status of a GET request to a port, or None when nothing answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
