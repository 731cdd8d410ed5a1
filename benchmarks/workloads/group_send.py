"""What a group send costs the one who sends, by the number of members."""

from collections.abc import Iterator

from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability
from benchmarks.workloads.room import PATH, Room

NEEDS = Ability.LAYER
SIZES = (10, 1_000, 5_000)


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the length of the call for each group size."""
    stack.serve()
    with Sockets(stack.port) as sockets:
        room = Room(sockets, stack.publisher())
        for size in (size for size in SIZES if size <= effort.sockets or size == SIZES[0]):
            sockets.open(size - len(sockets), PATH)
            room.broadcast()
            calls = [room.broadcast()[0] for _ in range(2 * effort.repeats)]
            yield Measurement(
                row=f"Group.send call, {size:,} members",
                goal="1 ms at every size",
                unit="ms",
                samples=[seconds * 1000 for seconds in calls],
            )
