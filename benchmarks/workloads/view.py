"""A closed loop of requests to a trivial Django view."""

from collections.abc import Iterator
from statistics import median

from benchmarks.http_client import Requests
from benchmarks.measurement import Effort, Measurement
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.HTTP
MANY = 32
# The systems take turns, for the pace of a machine changes from one minute to the next.
ROUNDS = 2


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the median latency of one connection and the rate of many."""
    stack.serve()
    yield Measurement(
        row="Django view, 1 connection: p50",
        goal="1 ms; 1.3x Channels 4",
        unit="ms",
        samples=[1000 * median(latencies) for latencies, _ in _repeat(stack, effort, 1)],
    )
    yield Measurement(
        row=f"Django view, {MANY} connections",
        goal="4,500/s; 4.6x Channels 4, 0.87x gunicorn",
        unit="/s",
        samples=[rate for _, rate in _repeat(stack, effort, MANY)],
        more_is_better=True,
    )


def _repeat(stack: Stack, effort: Effort, connections: int) -> list[tuple[list[float], float]]:
    with Requests(stack.port, connections) as requests:
        requests.run(1)  # the first second pays for connections and caches
        return [requests.run(effort.seconds) for _ in range(effort.repeats)]
