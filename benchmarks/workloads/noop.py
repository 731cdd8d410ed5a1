"""How fast one worker with one thread empties a full channel into a consumer that does nothing."""

from collections.abc import Iterator

from benchmarks.measurement import Effort, Measurement
from benchmarks.stack import Stack
from benchmarks.systems import Ability

NEEDS = Ability.WORKER
# The systems take turns, for the pace of a machine changes from one minute to the next.
ROUNDS = 2


def measure(stack: Stack, effort: Effort) -> Iterator[Measurement]:
    """Yield messages a second, from the first one consumed to the last."""
    publisher = stack.publisher()
    rates = []
    for _ in range(effort.repeats):
        publisher.tell(f"fill {effort.messages}")
        publisher.answer()
        worker = stack.work(expected=effort.messages)
        seconds = worker.wait_for("last") - worker.wait_for("first")
        rates.append((effort.messages - 1) / seconds)
        worker.stop()
    yield Measurement(
        row="no-op consumer, one worker thread",
        goal="20,000/s",
        unit="/s",
        samples=rates,
        more_is_better=True,
    )
