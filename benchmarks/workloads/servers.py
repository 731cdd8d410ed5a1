"""A group over a hundred interface servers: what a publish costs its sender and Redis."""

from collections.abc import Iterator
from time import monotonic, sleep

from benchmarks.measurement import Effort, Measurement
from benchmarks.processes import Process
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.OURS
LONGEST = 60  # seconds that the simulated servers may need to take one message
SETTLE = 2  # seconds for the servers to trim their inboxes


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the length of the call and the memory of Redis, with few and with all members."""
    empty = stack.redis.used_memory()
    servers, publisher = stack.simulation(), stack.publisher()
    members = 0
    for size in (effort.members // 100, effort.members):
        _ask(servers, f"join {size - members}")
        members = size
        row = f"{members:,} members on 100 servers"
        yield Measurement(
            row=f"Group.send call, {row}",
            goal="10 ms",
            unit="ms",
            samples=[1000 * _publish(servers, publisher, members) for _ in range(effort.repeats)],
        )
        sleep(SETTLE)
        yield Measurement(
            row=f"Redis memory, {row}",
            goal="the same at every size",
            unit="MiB",
            samples=[(stack.redis.used_memory() - empty) / 1024**2],
        )


def _publish(servers: Process, publisher: Process, members: int) -> float:
    """Return the seconds of one call, once the message has reached every member."""
    expected = _ask(servers, "total") + members
    seconds = _ask(publisher, "send")
    deadline = monotonic() + LONGEST
    while _ask(servers, "total") < expected:
        if monotonic() > deadline:
            raise TimeoutError(f"a message did not reach {members:,} members in {LONGEST} s")
        sleep(0.1)
    return seconds


def _ask(process: Process, command: str) -> float:
    process.tell(command)
    return process.answer()
