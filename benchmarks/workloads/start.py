"""From the start of a worker process to its first message, on a small project."""

from collections.abc import Iterator

from benchmarks.measurement import Effort, Measurement
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.WORKER


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield the seconds until a message that was waiting has been consumed."""
    publisher = stack.publisher()
    samples = []
    for _ in range(effort.repeats):
        publisher.tell("fill 1")
        publisher.answer()
        worker = stack.work(expected=1)
        samples.append(worker.wait_for("last") - worker.started)
        worker.stop()
    yield Measurement(row="worker start to first message", goal="1 s", unit="s", samples=samples)
