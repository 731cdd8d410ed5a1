"""A closed loop of echoes: every socket sends the next message when the last one has come back."""

from collections.abc import Iterator
from statistics import median
from time import monotonic

from benchmarks.frames import TEXT, encode
from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.WEBSOCKET
MESSAGE = encode(TEXT, b"x" * 100)
MANY = 32
# The systems take turns, for the pace of a machine changes from one minute to the next.
ROUNDS = 2


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the median latency of one socket and the rate of many."""
    stack.serve()
    one = _repeat(stack, effort, 1)
    many = _repeat(stack, effort, MANY)
    yield Measurement(
        row="echo, 1 socket: p50",
        goal="0.7 ms; 0.57x Channels 4",
        unit="ms",
        samples=[1000 * median(latencies) for latencies in one],
    )
    yield Measurement(
        row=f"echo, {MANY} sockets",
        goal="9,000/s; 1.36x Channels 4",
        unit="/s",
        samples=[len(latencies) / effort.seconds for latencies in many],
        more_is_better=True,
    )


def _repeat(stack: Stack, effort: Effort, count: int) -> list[list[float]]:
    with Sockets(stack.port) as sockets:
        sockets.open(count, "/echo/")
        _loop(sockets, 1)
        return [_loop(sockets, effort.seconds) for _ in range(effort.repeats)]


def _loop(sockets: Sockets, seconds: float) -> list[float]:
    """Return the latencies of all echoes within `seconds`; none is left under way."""
    latencies: list[float] = []
    sent: dict[int, float] = {}
    end = monotonic() + seconds

    def next_message(descriptor: int, _: bytes) -> None:
        now = monotonic()
        latencies.append(now - sent.pop(descriptor))
        if now < end:
            sent[descriptor] = now
            sockets.send(descriptor, MESSAGE)

    for descriptor in sockets.open_sockets:
        sent[descriptor] = monotonic()
        sockets.send(descriptor, MESSAGE)
    if not sockets.receive(next_message, lambda: not sent, seconds + 10):
        raise TimeoutError(f"{len(sent)} of {len(sockets)} echoes never came back")
    return latencies
