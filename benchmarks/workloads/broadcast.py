"""One message to every socket of one server: how long until the last one has it?"""

from collections.abc import Iterator

from benchmarks.measurement import Effort, Measurement
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import Ability
from benchmarks.workloads.room import PATH, Room

NEEDS = Ability.GROUP


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the time from the call to the last arrival."""
    stack.serve()
    with Sockets(stack.port) as sockets:
        sockets.open(effort.sockets, PATH)
        room = Room(sockets, stack.publisher())
        room.broadcast()  # the first one pays for connections and caches
        rounds = [room.broadcast() for _ in range(effort.repeats + 2)]
    missing = sum(len(sockets) - arrived for _, _, arrived in rounds)
    yield Measurement(
        row=f"broadcast to {effort.sockets:,} sockets, time to the last",
        goal="0.7 of the Autobahn loop",
        unit="ms",
        samples=[last * 1000 for _, last, _ in rounds],
        remark=f"{missing:,} lost" if missing else "",
    )
