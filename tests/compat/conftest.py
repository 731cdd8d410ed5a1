"""The project of Channels 1.1.8's time, running."""

import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.ports import free_port
from tests.support.processes import ROOT, Process, started
from tests.support.waiting import wait_until

PROJECT = Path(__file__).parent / "project"
SECONDS = 30


class Site:
    """Daphne, a worker for everything but jobs, one for jobs alone, and a delay server.

    Args:
        folder: for the database and the output of the processes.
        redis_url: of the server to use.
    """

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._env = {
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(ROOT)]),
            "DJANGO_SETTINGS_MODULE": "project.settings",
            "DATABASE_NAME": str(folder / "db.sqlite3"),
            "REDIS_URL": redis_url,
            "REDIS_PREFIX": f"test-{uuid.uuid4().hex[:12]}:",
        }
        self._opener = build_opener(ProxyHandler({}))
        self.daphne = self._python(
            "daphne", "-m", "daphne", "-p", str(self.port), "project.asgi:channel_layer"
        )
        self.worker = self._django("worker", "runworker", "--exclude-channels=jobs.*")
        self.job_worker = self._django("job-worker", "runworker", "--only-channels=jobs.*")
        self.delay = self._django("delay", "rundelay", "--sleep=0.1")

    @property
    def processes(self) -> list[Process]:
        return [self.daphne, self.worker, self.job_worker, self.delay]

    def start(self) -> None:
        self._django("migrate", "migrate", "--run-syncdb", "-v0").run()
        for process in self.processes:
            process.start()
        wait_until(self._answers, "an answer from the site")

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def shell(self, code: str) -> None:
        """Run Python code in the project."""
        self._django("shell", "shell", "-v0", "-c", code).run()

    def get(self, path: str) -> str:
        return self._open(path)

    def post(self, path: str, **fields: Any) -> str:
        return self._open(path, urlencode(fields).encode())

    def socket(self, path: str, **options: Any) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, **options)

    def _open(self, path: str, data: bytes | None = None) -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        with self._opener.open(url, data, timeout=SECONDS) as response:
            return str(response.read().decode())

    def _answers(self) -> bool:
        try:
            return self.get("/longpoll/waiting/") == '{"waiting": 0}'
        except (HTTPError, OSError):
            return False

    def _django(self, name: str, *arguments: str) -> Process:
        return self._python(name, "-X", "dev", "-m", "django", *arguments)

    def _python(self, name: str, *arguments: str) -> Process:
        return Process(name, [sys.executable, *arguments], env=self._env, folder=self._folder)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Site]:
    with started(Site(tmp_path_factory.mktemp("compat"), redis_url)) as site:
        yield site
