"""A burst of handshakes, as after a restart of a proxy: all at once, and one behind the other."""

from collections.abc import Iterator
from time import monotonic

from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.WEBSOCKET
LONGEST = 20  # seconds; a burst that takes longer is not repeated
SHAPES = {"at once": False, "back to back": True}


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the seconds until all are open, for both shapes, with what TCP had to send again."""
    for title, wait in SHAPES.items():
        stack.serve()
        samples, remark = _bursts(stack, effort, wait)
        stack.stop()
        yield Measurement(
            row=f"{effort.burst:,} handshakes {title}",
            goal="no retry",
            unit="s",
            samples=samples,
            remark=remark,
        )


def _bursts(stack: Stack, effort: Effort, wait: bool) -> tuple[list[float], str]:
    samples = []
    retries = 0
    for _ in range(effort.repeats):
        with Sockets(stack.port) as sockets:
            start = monotonic()
            try:
                sockets.open(effort.burst, "/echo/", effort.burst, wait, LONGEST)
            except TimeoutError:
                return [LONGEST], f"{len(sockets):,} open by then"
            samples.append(monotonic() - start)
            retries += sockets.retransmits() + sockets.resets
    return samples, f"{retries:,} retries" if retries else ""
