"""The rig of the fault tests: interface servers, workers, a crowd of sockets and a sender."""

import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

from channels.layers.exceptions import LayerUnavailable
from tests.faults.crowd import Crowd, Member
from tests.faults.project.routing import GROUP
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

SERVERS, WORKERS, SOCKETS = 2, 3, 200
SENDS_PER_SECOND = 50


class Sender(threading.Thread):
    """Sends numbers to the group, one after the other, as a process that saves rows does.

    Attributes:
        sent: those that the layer has taken.
        uncertain: those that were tried while it did not answer, and may have arrived as well.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.uncertain: set[str] = set()
        self._layer = layer
        self._stopping = threading.Event()

    def run(self) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            self._send(f"{number}")
            time.sleep(1 / SENDS_PER_SECOND)

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _send(self, text: str) -> None:
        while not self._stopping.is_set():
            try:
                self._layer.send_group(GROUP, {"text": text})
            except LayerUnavailable:
                self.uncertain.add(text)
                time.sleep(0.1)
            else:
                self.sent.append(text)
                return


class Rig:
    """Everything runs as a process of its own.

    Args:
        folder: for logs and the diary of the consumers.
        config: the CONFIG of the channel layer.
        backend: its BACKEND.
    """

    def __init__(
        self, folder: Path, config: dict[str, Any], backend: str = "asgi_redis.RedisChannelLayer"
    ) -> None:
        self.layer = import_string(backend)(**config)
        self.diary = folder / "diary"
        self.ports = [free_port() for _ in range(SERVERS)]
        self._env = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.project.settings",
            "RIG_BACKEND": backend,
            "RIG_CONFIG": json.dumps(config),
            "RIG_DIARY": str(self.diary),
        }
        self._folder = folder
        self.servers = [self._server(port) for port in self.ports]
        self.workers = [self.new_worker(number) for number in range(WORKERS)]
        self.crowd: Crowd | None = None

    def __enter__(self) -> "Rig":
        for process in [*self.servers, *self.workers]:
            process.start()
        for port in self.ports:
            wait_until(lambda port=port: self.can_open(port), f"a socket on port {port}")
        self.crowd = Crowd(self.ports, SOCKETS // SERVERS)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.crowd:
            self.crowd.dismiss()
        for process in [*self.servers, *self.workers]:
            process.stop()

    def new_worker(self, number: int) -> Process:
        return self._python(f"worker-{number}", "-m", "django", "runworker")

    def can_open(self, port: int) -> bool:
        """Return whether a worker accepts a socket."""
        try:
            Member(port).socket.close()
        except (AssertionError, OSError):
            return False
        return True

    def work(self, name: str, **options: Any) -> None:
        """Give the workers a job; the options are those of the consumer."""
        self.layer.send("faults.work", {"name": name, **options})

    def events(self, event: str) -> list[tuple[str, int]]:
        """Return (name, process id) of the diary's entries of one kind."""
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        entries = [line.split() for line in lines]
        return [(name, int(pid)) for kind, name, pid in entries if kind == event]

    def worker_with(self, pid: int) -> Process:
        return next(worker for worker in self.workers if worker.pid == pid)

    def check_everything_arrived(self, sender: Sender) -> None:
        """Every number that was taken is at every open socket, in order, nothing else twice."""
        assert self.crowd is not None
        assert sender.sent, "nothing was sent"
        self.crowd.wait_for(sender.sent[-1])
        for member in self.crowd.open_members():
            self._check_member(member, sender)

    @staticmethod
    def _check_member(member: Member, sender: Sender) -> None:
        first_of_each = list(dict.fromkeys(member.received))
        expected = [text for text in first_of_each if text in set(sender.sent)]
        assert expected == sender.sent
        twice = {text for text, count in Counter(member.received).items() if count > 1}
        assert twice <= sender.uncertain

    def _server(self, port: int) -> Process:
        return self._python(
            f"daphne-{port}",
            *("-m", "daphne", "-p", str(port), "--access-log", os.devnull),
            "tests.faults.project.asgi:channel_layer",
        )

    def _python(self, name: str, *arguments: str) -> Process:
        return Process(name, [sys.executable, *arguments], env=self._env, folder=self._folder)
