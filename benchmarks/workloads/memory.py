"""What one idle socket costs the server: the growth of its process with thousands of them."""

from collections.abc import Iterator
from time import sleep

from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability
from benchmarks.workloads.room import PATH

NEEDS = Ability.WEBSOCKET
SETTLE = 2  # seconds for the last messages of the handshakes to pass


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield KiB a socket, all sockets being members of one group; a fresh server each time."""
    samples = []
    for _ in range(effort.repeats):
        stack.serve()
        before = stack.server.resident_bytes()
        with Sockets(stack.port) as sockets:
            sockets.open(effort.sockets, PATH)
            sleep(SETTLE)
            samples.append((stack.server.resident_bytes() - before) / effort.sockets / 1024)
        stack.stop()
    yield Measurement(
        row=f"memory of an idle socket, {effort.sockets:,} open",
        goal="25 KiB",
        unit="KiB",
        samples=samples,
    )
