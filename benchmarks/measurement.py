"""What a workload measures, and how much work one run of it does."""

from dataclasses import dataclass, replace
from math import ceil
from statistics import median


@dataclass(frozen=True)
class Measurement:
    """One cell of the table.

    Attributes:
        row: the workload, as the table names it.
        goal: what this project wants to reach, in words.
        unit: of the samples.
        samples: one number for each repetition.
        more_is_better: whether a higher number is the better one.
        remark: what the reader must know beside the number.
    """

    row: str
    goal: str
    unit: str
    samples: list[float]
    more_is_better: bool = False
    remark: str = ""

    @property
    def median(self) -> float:
        """The middle of the samples."""
        return median(self.samples)

    def with_those_of(self, later: "Measurement") -> "Measurement":
        """Return this cell with the samples of a later round too."""
        remarks = dict.fromkeys(filter(None, [self.remark, later.remark]))
        return replace(
            self, samples=[*self.samples, *later.samples], remark="; then ".join(remarks)
        )

    def times_worse_than(self, other: "Measurement") -> float:
        """Return how many times better `other` is, both being of the same row."""
        mine, theirs = self.median, other.median
        worse, better = (theirs, mine) if self.more_is_better else (mine, theirs)
        return worse / better if better else float("inf")


@dataclass(frozen=True)
class Effort:
    """How much a run does.

    Attributes:
        repeats: repetitions that a median is taken of.
        seconds: length of one closed-loop repetition.
        steady_seconds: length of the steady broadcast.
        sockets: in the broadcast and memory workloads.
        burst: handshakes at a time.
        messages: for the no-op consumer.
        members: of the one group over all simulated interface servers.
    """

    repeats: int
    seconds: float
    steady_seconds: int
    sockets: int
    burst: int
    messages: int
    members: int

    def in_rounds(self, count: int) -> "Effort":
        """Return what is left for each of some rounds, which repeat no less together."""
        return replace(self, repeats=ceil(self.repeats / count))


FULL = Effort(5, 3, 30, 5_000, 2_000, 20_000, 1_000_000)
QUICK = Effort(3, 1, 5, 500, 500, 5_000, 100_000)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the sorted `values` lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
