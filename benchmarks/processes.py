"""Processes of a run: started with a log file, waited for, stopped by their id."""

import socket
import subprocess
from pathlib import Path
from time import monotonic, sleep

STOP_SECONDS = 10


class ProcessFailed(Exception):
    """A process ended or did not become ready; the message ends with its last log lines."""


class Process:
    """One child process, its log, and its standard input and output when `talks`.

    Arguments:
        command: program and arguments.
        folder: working directory.
        environ: the whole environment of the process.
        log: file that gets its standard error, and its standard output unless it talks.
        talks: keep pipes to standard input and output for `tell` and `answer`.
    """

    def __init__(
        self, command: list[str], folder: Path, environ: dict[str, str], log: Path, talks: bool
    ) -> None:
        self.log = log
        self.title = " ".join(command)
        with log.open("ab") as file:
            self.child = subprocess.Popen(
                command,
                cwd=folder,
                env=environ,
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else file,
                stderr=file,
                text=True,
            )

    def tell(self, command: str) -> None:
        """Write one line to the process."""
        print(command, file=self.child.stdin, flush=True)

    def answer(self) -> float:
        """Wait for one line of the process and return the number on it."""
        assert self.child.stdout, "only a process that talks answers"
        line = self.child.stdout.readline()
        if not line:
            raise ProcessFailed(f"no answer from {self.title}: {self.last_lines()}")
        return float(line)

    def resident_bytes(self) -> int:
        """Return the resident memory of the process in bytes."""
        for line in Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessFailed(f"{self.title} has ended: {self.last_lines()}")

    def open_files(self) -> int:
        """Return how many files and sockets the process has open."""
        return len(list(Path(f"/proc/{self.child.pid}/fd").iterdir()))

    def check(self) -> None:
        """Raise ProcessFailed when the process has ended."""
        if self.child.poll() is not None:
            raise ProcessFailed(
                f"{self.title} ended with {self.child.returncode}: {self.last_lines()}"
            )

    def wait(self) -> None:
        """Wait until the process has done its work; raise ProcessFailed when it could not."""
        if self.child.wait():
            self.check()

    def last_lines(self) -> str:
        """Return the end of the log on one line."""
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-3:])

    def stop(self) -> None:
        """End the process, forcibly when it does not go within STOP_SECONDS."""
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe:
                pipe.close()
        self.child.terminate()
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_answer(process: Process, port: int, question: bytes, timeout: float = 60) -> None:
    """Ask `port` until it answers `question` with something that is no server error.

    Raises ProcessFailed when `process` ends, or when `timeout` seconds have passed.
    """
    deadline = monotonic() + timeout
    while monotonic() < deadline:
        process.check()
        answer = _ask(port, question, deadline - monotonic())
        if answer and b" 50" not in answer[:16]:
            return
        sleep(0.05)
    raise ProcessFailed(f"{process.title} gave no answer: {process.last_lines()}")


def _ask(port: int, question: bytes, timeout: float) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(question)
            return connection.recv(1024)
    except OSError:
        return b""
