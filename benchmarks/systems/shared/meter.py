"""Tells the benchmark when the no-op consumer got its first and its last message."""

import os
import time

EXPECTED = int(os.environ.get("BENCH_EXPECTED", 0))


class Meter:
    """Counts messages; writes a line to the file in BENCH_REPORT at the first and at the last."""

    def __init__(self):
        self.count = 0

    def hit(self):
        """Count one message."""
        self.count += 1
        if self.count == 1:
            self.report("first")
        if self.count == EXPECTED:
            self.report("last")

    def report(self, event):
        """Append `event` and the system-wide monotonic time, in seconds, to the report."""
        with open(os.environ["BENCH_REPORT"], "a") as file:
            file.write(f"{event} {time.monotonic():.6f}\n")


meter = Meter()
