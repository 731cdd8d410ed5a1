"""Bursts of numbered frames through ordered consumers: how fast, and does every socket finish?"""

from collections.abc import Iterator
from time import monotonic

from benchmarks.frames import TEXT, encode
from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.ORDER
# The systems take turns, for the pace of a machine changes from one minute to the next.
ROUNDS = 2
ENGINES = {"file": "file", "db": "database"}
SHAPES = ((1, 1), (2, 4))  # worker processes, and threads of each
SOCKETS = 20
BURST = 25  # frames that a socket sends without waiting for an answer
GRACE = 15  # seconds until a socket that has not all its answers counts as stuck


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield frames a second, with few and many that run consumers, on each kind of session."""
    for engine, title in ENGINES.items():
        stack.keep_sessions(engine)
        for workers, threads in SHAPES:
            stack.serve(workers=workers, threads=threads)
            runs = [_run(stack.port, effort.seconds) for _ in range(effort.repeats)]
            stack.stop()
            yield Measurement(
                row=f"ordered echo, {title} sessions, {workers}x{threads} worker threads",
                goal="more than 1.x",
                unit="/s",
                samples=[run.rate for run in runs],
                more_is_better=True,
                remark=_remark(runs),
            )


def _run(port: int, seconds: float) -> "Bursts":
    with Sockets(port) as sockets:
        sockets.open(SOCKETS, "/ordered/", at_once=1)
        return Bursts(sockets, seconds)


def _remark(runs: list["Bursts"]) -> str:
    stuck, wrong = sum(len(run.waiting) for run in runs), sum(run.wrong for run in runs)
    said = f"{stuck} of {len(runs) * SOCKETS} sockets stuck" if stuck else ""
    return f"{said}, {wrong:,} answers out of order" if wrong else said


class Bursts:
    """Every socket sends its next burst when the last one has come back.

    Attributes:
        waiting: the next number that each socket waits for; of those that never finished.
        wrong: answers that were not the next one.
        rate: answers in their order, a second.
    """

    def __init__(self, sockets: Sockets, seconds: float) -> None:
        self._sockets = sockets
        self.waiting: dict[int, int] = {}
        self.wrong = 0
        started = self._last_answer = monotonic()
        self._end = started + seconds
        self._answers = 0
        for descriptor in list(sockets.open_sockets):
            self._send(descriptor, 0)
        sockets.receive(self._take, lambda: not self.waiting, seconds + GRACE)
        self.rate = self._answers / (self._last_answer - started)

    def _send(self, descriptor: int, first: int) -> None:
        self.waiting[descriptor] = first
        frames = [encode(TEXT, str(number).encode()) for number in range(first, first + BURST)]
        self._sockets.send(descriptor, b"".join(frames))

    def _take(self, descriptor: int, payload: bytes) -> None:
        expected = self.waiting[descriptor]
        if int(payload) != expected:
            self.wrong += 1
            return
        self._answers += 1
        self._last_answer = monotonic()
        self.waiting[descriptor] = expected + 1
        if (expected + 1) % BURST == 0:
            self._continue(descriptor)

    def _continue(self, descriptor: int) -> None:
        first = self.waiting.pop(descriptor)
        if monotonic() < self._end:
            self._send(descriptor, first)
