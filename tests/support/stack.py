"""The whole system as processes: Valkey, Daphne, two workers and a database file."""

import http.client
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

WORKERS = 2
USERNAME = "operator"
PASSWORD = "a password for tests"


class Stack:
    """The processes of one deployment, all of them on free ports and in one folder.

    Args:
        folder: for the database and what the processes write.
        env: variables besides those that every stack has.

    Attributes:
        project: the package of the settings and of what Daphne runs.
        page: answered by a worker.
        users: of the superusers.
        host: host and port of the page.
        valkey, daphne, workers: the processes.
    """

    project = "tracker_project"
    page = "/report/"
    users = (USERNAME,)

    def __init__(self, folder: Path, **env: str) -> None:
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.valkey = ValkeyServer(folder)
        self._folder = folder
        self._env = {
            "DJANGO_SETTINGS_MODULE": f"{self.project}.settings",
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "only for tests",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "TRACKER_REPORTS_AN_HOUR": "1000",  # all tests report from one address
            **env,
        }
        application = f"{self.project}.asgi:channel_layer"
        self.daphne = self._python("daphne", "-m", "daphne", "-p", str(self.port), application)
        self.workers = [
            self._python(f"worker-{number}", "manage.py", "runworker")
            for number in range(1, WORKERS + 1)
        ]

    @property
    def processes(self) -> list[Process]:
        """All of them but Valkey."""
        return [self.daphne, *self.workers]

    def start(self) -> None:
        """Migrate, add the users, start everything and wait until the page answers."""
        self.valkey.start()
        self.command("migrate", "--no-input")
        for user in self.users:
            email = f"{user}@example.org"
            self.command("createsuperuser", "--username", user, "--email", email, "--no-input")
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
        wait_until(lambda: self.status(self.page) == 200, f"an answer from {self.url}")

    def status(self, path: str) -> int | None:
        """Return the status of a GET request, or None when nothing answers."""
        return status_of(self.port, path)

    def command(self, *arguments: str) -> str:
        """Run a management command and return what it wrote."""
        return self._python(arguments[0], "manage.py", *arguments).run()

    def shell(self, code: str) -> Any:
        """Run code in the project's shell; return the value that it assigned to `result`."""
        code = f"import json\nresult = None\n{code}\nprint('\\n' + json.dumps(result))"
        output = self.command("shell", "--verbosity", "0", "--command", code)
        return json.loads(output.splitlines()[-1])

    def query(self, sql: str, *parameters: Any) -> list[Any]:
        """Return the rows of a query of the database."""
        with closing(sqlite3.connect(self._folder / "db.sqlite3")) as database:
            return database.execute(sql, parameters).fetchall()

    def worker_output(self) -> str:
        return "".join(worker.output for worker in self.workers)

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
