"""The running processes of one system for one workload."""

import os
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep

from benchmarks.environments import environment
from benchmarks.processes import Process, ProcessFailed, free_port, wait_for_answer
from benchmarks.redis_server import RedisServer
from benchmarks.systems import HERE, System

QUESTION = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
MIGRATE = ("python", "manage.py", "migrate", "-v0")
ROOMY = 100_000  # a capacity no workload reaches, where time and not loss is the question


class Stack:
    """Starts the processes of `system` as asked for; all of them end when the stack is left.

    Attributes:
        system: what runs.
        port: where its server listens.
        redis: its Redis, not shared with anything.
        server: its server process, once `serve` was called.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.port = free_port()
        self.server: Process
        self._bin = environment(system.requirements, system.pythons)
        self._exit = ExitStack()
        self._processes: list[Process] = []

    def __enter__(self) -> "Stack":
        logs = tempfile.TemporaryDirectory(prefix=f"bench-{self.system.name}-")
        self._folder = Path(self._exit.enter_context(logs))
        self.redis = self._exit.enter_context(RedisServer(self._folder / "redis.log"))
        self._environ = self._make_environ()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        self._exit.close()

    def keep_sessions(self, engine: str) -> None:
        """Let the application keep sessions, from the next start on.

        Arguments:
            engine: the name of one of Django's session engines.
        """
        self._environ["BENCH_SESSIONS"] = engine
        self._start("migrate", MIGRATE).wait()

    def serve(self, default_capacity: bool = False, workers: int = 1, threads: int = 1) -> None:
        """Start the server, with workers where it needs one, and wait until it answers.

        Arguments:
            default_capacity: leave the channel layer as it is out of the box.
            workers: how many processes there are, if any.
            threads: of each of them.
        """
        if default_capacity:
            del self._environ["BENCH_CAPACITY"]
        self.server = self._start("server", self.system.server, talks=not self.system.publisher)
        if self.system.worker_serves:
            for _ in range(workers):
                self.work(threads=threads)
        wait_for_answer(self.server, self.port, QUESTION)

    def work(self, expected: int = 0, threads: int = 1) -> "Worker":
        """Start one worker.

        Arguments:
            expected: number of messages after which its no-op consumer reports.
            threads: how many messages it handles at a time.
        """
        report = self._folder / f"report-{uuid.uuid4().hex}"
        report.touch()
        environ = {"BENCH_REPORT": str(report), "BENCH_EXPECTED": str(expected)}
        started = monotonic()
        process = self._start("worker", self.system.worker, environ=environ, threads=threads)
        return Worker(process, report, started)

    def publisher(self) -> Process:
        """Return the process that obeys the commands of systems/shared/publish.py."""
        if not self.system.publisher:
            return self.server
        return self._start("publisher", self.system.publisher, talks=True)

    def simulation(self) -> Process:
        """Return the process that obeys the commands of systems/channels1/servers.py."""
        return self._start("simulation", self.system.simulation, talks=True)

    @property
    def processes(self) -> tuple[Process, ...]:
        """Those of the system that run, in the order of their start."""
        return tuple(self._processes)

    def stop(self) -> None:
        """End all processes of the system; only its Redis goes on."""
        while self._processes:
            self._processes.pop().stop()

    def _start(
        self,
        name: str,
        command: tuple[str, ...],
        talks: bool = False,
        environ: dict[str, str] | None = None,
        threads: int = 1,
    ) -> Process:
        program, *arguments = (part.format(port=self.port, threads=threads) for part in command)
        process = Process(
            [str(self._bin / program), *arguments],
            self.system.folder,
            {**self._environ, **(environ or {})},
            self._folder / f"{name}.log",
            talks,
        )
        self._processes.append(process)
        return process

    def _make_environ(self) -> dict[str, str]:
        environ = {
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "settings",
            "BENCH_REDIS_URL": self.redis.url,
            "BENCH_PREFIX": f"bench-{uuid.uuid4().hex[:8]}:",
            "BENCH_CAPACITY": str(ROOMY),
            "BENCH_FOLDER": str(self._folder),
            **self.system.settings,
        }
        shared = str(HERE / "systems" / "shared")
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, [shared, environ.get("PYTHONPATH")]))
        return environ


class Worker:
    """A worker process whose no-op consumer reports its first and last message.

    Attributes:
        started: when the process was started, in seconds of the monotonic clock.
    """

    def __init__(self, process: Process, report: Path, started: float) -> None:
        self.started = started
        self._process = process
        self._report = report

    def wait_for(self, event: str, timeout: float = 120) -> float:
        """Return when `event` ("first" or "last") happened, on the monotonic clock.

        Raises ProcessFailed when it has not happened after `timeout` seconds.
        """
        deadline = monotonic() + timeout
        while monotonic() < deadline:
            for line in self._report.read_text().splitlines():
                if line.startswith(event):
                    return float(line.split()[1])
            self._process.check()
            sleep(0.01)
        raise ProcessFailed(f"no {event} message: {self._process.last_lines()}")

    def stop(self) -> None:
        """End the worker."""
        self._process.stop()
