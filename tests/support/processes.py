"""Processes that a test starts, and stops by their id."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]

# Of `chromium`, for the loop that Playwright keeps in this process and in no other.
OWN_VARIABLE = "DJANGO_ALLOW_ASYNC_UNSAFE"


class Startable(Protocol):
    """What is started and stopped; to be stopped it need not have come up."""

    def start(self) -> object: ...

    def stop(self) -> object: ...


S = TypeVar("S", bound=Startable)


@contextmanager
def started(what: S) -> Iterator[S]:
    """Start something, and stop it after the block or when it does not come up."""
    try:
        what.start()
        yield what
    finally:
        what.stop()


class Process:
    """A program with a process group of its own, whose output goes to a file.

    Attributes:
        name: for failures, and the name of the file.
        log: the file with what it wrote since the first start.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        folder: Path,
        cwd: Path = ROOT,
    ) -> None:
        self.name = name
        self.command = command
        self.env = {**os.environ, "PYTHONUNBUFFERED": "1", **env}
        self.env.pop(OWN_VARIABLE, None)
        self.cwd = cwd
        self.log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} has not been started"
        return self._process.pid

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        assert not self.is_running(), f"{self.name} runs already"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, seconds: float = 120) -> str:
        """Start it, wait until it ends well, and return what it wrote."""
        before = len(self.output)
        with started(self):
            assert self.wait(seconds) == 0, self.output
        return self.output[before:]

    def wait(self, seconds: float = 30) -> int:
        """Return the exit status; raises subprocess.TimeoutExpired when it goes on running."""
        assert self._process is not None, f"{self.name} has not been started"
        return self._process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended: its id may be another's by now."""
        assert self._process is not None, f"{self.name} has not been started"
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it and its children with SIGKILL, as a crash would."""
        if self.is_running():
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()

    def stop(self) -> None:
        """End it with SIGTERM, or with SIGKILL when that does not do; no child is left."""
        if self.is_running():
            os.kill(self.pid, signal.SIGTERM)
            os.kill(self.pid, signal.SIGCONT)  # a paused process would not hear the first
            self._wait_unreaped(15)
            os.killpg(self.pid, signal.SIGKILL)
            self.wait()

    def wait_for_output(self, text: str, *, start: int = 0, seconds: float = 30) -> None:
        """Wait until the text stands in the output, from the given character on."""

        def appeared() -> bool:
            assert self.is_running(), f"{self.name} ended:\n{self.output}"
            return text in self.output[start:]

        wait_until(appeared, f"{text!r} in the output of {self.name}", seconds=seconds)

    def _wait_unreaped(self, seconds: float) -> None:
        """Wait for the end, but leave the id taken, so that the group can still be killed."""
        deadline = time.monotonic() + seconds
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        while os.waitid(os.P_PID, self.pid, options) is None and time.monotonic() < deadline:
            time.sleep(0.02)
