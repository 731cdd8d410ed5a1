"""The table: a row a workload, a column a system, in the terminal and in results.md."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.systems import HERE, System

RESULTS = HERE / "results.md"
NUMBERS = HERE / "results.json"

EXPLANATION = """\
Each figure is the median of the repetitions, but for the steady broadcast and Redis' memory, which
are measured once, and for a burst of handshakes that is not over in 20 seconds, which is not
repeated. (Nx): so many times better ours is in that row; below 1, ours is the worse one. A dash:
the workload does not apply to that system, or was not measured, as the notes below then say."""


class Report:
    """Collects measurements and failures and lays them out.

    Arguments:
        systems: the columns, in order; the others are compared with the one named "ours".
    """

    def __init__(self, systems: Sequence[System]) -> None:
        self._systems = systems
        self._cells: dict[str, dict[str, Measurement]] = {}
        self._notes: list[str] = []

    def add(self, system: System, measurement: Measurement) -> None:
        """Put one measurement into its row, with those of earlier rounds."""
        row = self._cells.setdefault(measurement.row, {})
        earlier = row.get(system.name)
        row[system.name] = earlier.with_those_of(measurement) if earlier else measurement

    def note(self, text: str) -> None:
        """Add a remark below the table, once."""
        if text not in self._notes:
            self._notes.append(text)

    def table(self) -> str:
        """Return the table in Markdown, its columns aligned, with the notes below."""
        head = ["workload", "goal", *(system.title for system in self._systems)]
        rows = [self._row(title, cells) for title, cells in self._cells.items()]
        widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        rule = ["-" * width for width in widths]
        lines = [_line(row, widths) for row in (head, rule, *rows)]
        return "\n".join([*lines, "", EXPLANATION, *(f"- {note}" for note in self._notes), ""])

    def save(self) -> None:
        """Write results.md and the numbers behind it."""
        RESULTS.write_text(f"# Results\n\n{_machine()}\n\n{self.table()}")
        numbers = {
            row: {name: _rounded(cell.samples) for name, cell in cells.items()}
            for row, cells in self._cells.items()
        }
        NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n")

    def _row(self, title: str, cells: dict[str, Measurement]) -> list[str]:
        goal = next(iter(cells.values())).goal
        ours = cells.get("ours")
        return [title, goal, *(_cell(cells.get(system.name), ours) for system in self._systems)]


def _cell(measurement: Measurement | None, ours: Measurement | None) -> str:
    if measurement is None:
        return "-"
    text = f"{_number(measurement.median)} {measurement.unit}"
    if ours and measurement is not ours:
        text += f" ({_number(measurement.times_worse_than(ours))}x)"
    return f"{text}, {measurement.remark}" if measurement.remark else text


def _number(value: float) -> str:
    """Return `value` with three significant digits, and thousands apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _rounded(samples: list[float]) -> list[float]:
    return [float(f"{sample:.4g}") for sample in samples]


def _line(row: list[str], widths: list[int]) -> str:
    return "| " + " | ".join(map(str.ljust, row, widths)) + " |"


def _machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    kernel = platform.release().partition("-")[0]
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({cpu}), "
        f"Linux {kernel}, Python {platform.python_version()}, loopback, no TLS."
    )
