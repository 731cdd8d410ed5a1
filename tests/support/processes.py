"""Processes that a test starts, and stops by their id."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


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

    def wait(self, seconds: float = 30) -> int:
        """Return the exit status; raises subprocess.TimeoutExpired when it goes on running."""
        assert self._process is not None, f"{self.name} has not been started"
        return self._process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """End it with SIGTERM, or with SIGKILL when that does not do; no child is left."""
        if self.is_running():
            self.signal(signal.SIGTERM)
            self.signal(signal.SIGCONT)  # a paused process would not hear the first
            try:
                self.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._process is not None:
            self._kill_group()

    def wait_for_output(self, text: str, *, start: int = 0, seconds: float = 30) -> None:
        """Wait until the text stands in the output, from the given character on."""

        def appeared() -> bool:
            assert self.is_running(), f"{self.name} ended:\n{self.output}"
            return text in self.output[start:]

        wait_until(appeared, f"{text!r} in the output of {self.name}", seconds=seconds)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
