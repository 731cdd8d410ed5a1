"""Many broadcasts a second for a while: does every socket get every one, in order, in time?"""

from collections.abc import Iterator

from benchmarks.measurement import Effort, Measurement, percentile
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability
from benchmarks.tally import Tally
from benchmarks.workloads.room import PATH

NEEDS = Ability.GROUP
RATE = 50
SOCKETS = 1_000
GRACE = 10  # seconds after the last broadcast within which it must have arrived


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the share delivered and the 99th percentile of the latency."""
    stack.serve(default_capacity=True)
    seconds = effort.steady_seconds
    expected = RATE * seconds * SOCKETS
    tally = Tally()
    with Sockets(stack.port) as sockets:
        sockets.open(SOCKETS, PATH, at_once=20)
        stack.publisher().tell(f"steady {RATE} {seconds}")
        sockets.receive(tally, lambda: len(tally.latencies) >= expected, seconds + GRACE)
    row = f"{RATE} broadcasts/s to {SOCKETS:,} sockets for {seconds} s"
    yield Measurement(
        row=f"{row}: delivered",
        goal="all, in order",
        unit="%",
        samples=[100 * (len(tally.latencies) - tally.disordered) / expected],
        more_is_better=True,
        remark=f"{tally.disordered:,} out of order" if tally.disordered else "",
    )
    yield Measurement(
        row=f"{row}: p99",
        goal="100 ms",
        unit="ms",
        samples=[1000 * percentile(list(tally.latencies), 0.99)],
        remark=f"{sockets.closed_by_server} closed" if sockets.closed_by_server else "",
    )
