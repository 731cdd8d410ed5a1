"""The rig of the fault tests: interface servers, workers, a crowd of sockets and a sender."""

import http.client
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils.module_loading import import_string

from channels.layers.exceptions import LayerUnavailable
from tests.faults.crowd import Crowd, Member
from tests.faults.project.routing import GROUP
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

SENDS_PER_SECOND = 50


class Sender(threading.Thread):
    """Sends numbers to the group, fifty a second, as a process does whose rows are committed.

    Attributes:
        sent: those that the layer has taken.
        uncertain: those that were tried while it did not answer, and may have arrived as well.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__(daemon=True)
        self.sent: list[str] = []
        self.uncertain: set[str] = set()
        self._layer = layer
        self._name = uuid4().hex[:6]
        self._stopping = threading.Event()

    def run(self) -> None:
        number, due = 0, time.monotonic()
        while not self._stopping.is_set():
            number += 1
            self._send(f"{self._name} {number}")
            # What could not be sent in time is not made up for, in a rush, by what comes later.
            due = max(due + 1 / SENDS_PER_SECOND, time.monotonic() - 1)
            time.sleep(max(0, due - time.monotonic()))

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


class Visitor(threading.Thread):
    """Asks a server for its page, and again when it has the answer.

    Attributes:
        answers: the statuses it was given.
        patience: seconds that it had to wait for the slowest.
    """

    def __init__(self, rig: "Rig", port: int) -> None:
        super().__init__(daemon=True)
        self.answers: set[int] = set()
        self.patience = 0.0
        self._rig = rig
        self._port = port
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(0.1):
            asked = time.monotonic()
            self.answers.add(self._rig.status(self._port))
            self.patience = max(self.patience, time.monotonic() - asked)

    def stop(self) -> None:
        self._stopping.set()
        self.join()


class Rig:
    """Everything runs as a process of its own.

    Args:
        folder: for logs and the diary of the consumers.
        config: the CONFIG of the channel layer.
        backend: its BACKEND.
        servers, workers, sockets: how many of them there are.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        backend: str = "asgi_redis.RedisChannelLayer",
        *,
        servers: int = 2,
        workers: int = 3,
        sockets: int = 200,
    ) -> None:
        self.layer = import_string(backend)(**config)
        self.diary = folder / "diary"
        self.ports = [free_port() for _ in range(servers)]
        self._env = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.project.settings",
            "RIG_BACKEND": backend,
            "RIG_CONFIG": json.dumps(config),
            "RIG_DIARY": str(self.diary),
        }
        self._folder = folder
        self.servers = [self._server(port) for port in self.ports]
        self.workers = [self.new_worker(number) for number in range(workers)]
        self.crowd = Crowd([], 0)
        self._sockets = sockets

    def __enter__(self) -> "Rig":
        try:
            self.mend()
        except BaseException:
            self.stop()  # what has not come up leaves nothing behind
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close all connections and end all processes."""
        for node in self.layer.nodes:
            node.close()
        self.crowd.dismiss()
        stop_all(self.servers)  # while there are workers, who take their goodbyes
        stop_all(self.workers)

    @property
    def processes(self) -> list[Process]:
        return [*self.servers, *self.workers]

    def mend(self) -> None:
        """Start what does not run, with a crowd of open sockets and an empty diary."""
        for process in self.processes:
            if not process.is_running():
                process.start()
        for port in self.ports:
            wait_until(lambda port=port: self.can_open(port), f"a socket on port {port}")
        if len(self.crowd.open_members()) < self._sockets:
            self.crowd.dismiss()
            self.crowd = Crowd(self.ports, self._sockets // len(self.ports))
        self.crowd.forget()
        self.diary.unlink(missing_ok=True)

    def new_worker(self, number: int) -> Process:
        return self._python(f"worker-{number}", "-m", "django", "runworker")

    def can_open(self, port: int) -> bool:
        """Return whether a worker accepts a socket."""
        try:
            Member(port).socket.close()
        except (AssertionError, OSError):
            return False
        return True

    def work(self, name: str, *, channel: str = "faults.work", **options: Any) -> None:
        """Give the workers a job, as often as it takes; the options are those of the consumer."""
        while True:
            try:
                self.layer.send(channel, {"name": name, **options})
                return
            except LayerUnavailable:
                time.sleep(0.1)

    def events(self, event: str) -> list[tuple[str, int]]:
        """Return (name, process id) of the diary's entries of one kind."""
        return [(name, int(pid)) for kind, name, pid, _ in self._entries() if kind == event]

    def times(self, event: str, name: str) -> list[float]:
        """Return when something happened, in seconds of the monotonic clock."""
        return [float(at) for kind, who, _, at in self._entries() if (kind, who) == (event, name)]

    def done(self) -> list[str]:
        """Return the names of the jobs that were done."""
        return [name for name, _ in self.events("done")]

    def answers(self) -> list[int]:
        """Return what each server answers to a request."""
        return [self.status(port) for port in self.ports]

    def status(self, port: int) -> int:
        """Return what a server answers to a request, 0 if nothing, or not in reasonable time."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status
        except (TimeoutError, ConnectionRefusedError):
            return 0
        finally:
            connection.close()

    def worker_with(self, pid: int) -> Process:
        return next(worker for worker in self.workers if worker.pid == pid)

    def check_everything_arrived(self, sender: Sender) -> None:
        """Every number that was taken is at every open socket, in order, nothing else twice."""
        assert sender.sent, "nothing was sent"
        own = set(sender.sent)
        self.crowd.wait_for(sender.sent[-1])
        for member in self.crowd.open_members():
            assert arrived(member, sender) == sender.sent
            counts = Counter(text for text in member.received if text in own)
            assert {text for text, count in counts.items() if count > 1} <= sender.uncertain

    def check_all_well(
        self, sender: Sender, seconds: float, closed: Collection[int | None] = (None,)
    ) -> None:
        """All that is sent from now on arrives within so many seconds; nobody has left.

        Args:
            closed: what may have become of a socket, as a code; None stands for an open one.
        """
        self.check_flow(sender, seconds)
        time.sleep(1)
        sender.stop()
        self.crowd.wait_for(sender.sent[-1])
        for member in self.crowd.open_members():
            assert arrived(member, sender)[-50:] == sender.sent[-50:]
        for process in self.processes:
            assert process.is_running(), process.output
        assert {member.closed for member in self.crowd.members} <= set(closed)
        assert set(self.answers()) == {200}

    def _entries(self) -> list[list[str]]:
        text = self.diary.read_text() if self.diary.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # of the last line only a part may be there yet
        return [line.split() for line in whole.splitlines()]

    def check_flow(self, sender: Sender, seconds: float) -> None:
        """Fifty messages in a row get to every open socket within so many seconds."""
        start = len(sender.sent)

        def flows() -> bool:
            fresh = sender.sent[start:][-50:]
            return len(fresh) == 50 and all(
                member.received.count(fresh[0]) for member in self.crowd.open_members()
            )

        wait_until(flows, "messages to reach every socket again", seconds=seconds)

    def _server(self, port: int) -> Process:
        return self._python(
            f"daphne-{port}",
            *("-m", "daphne", "-p", str(port), "--access-log", os.devnull),
            "tests.faults.project.asgi:channel_layer",
        )

    def _python(self, name: str, *arguments: str) -> Process:
        return Process(name, [sys.executable, *arguments], env=self._env, folder=self._folder)


def stop_all(processes: Sequence[Process]) -> None:
    """Stop processes at the same time."""
    for process in processes:
        if process.is_running():
            process.signal(signal.SIGTERM)
    for process in processes:
        process.stop()


def arrived(member: Member, sender: Sender) -> list[str | bytes]:
    """Return what a socket has of a sender's numbers, each where it came first."""
    sent = set(sender.sent)
    return [text for text in dict.fromkeys(member.received) if text in sent]
