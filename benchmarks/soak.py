"""Does anything grow? A gentle load for as long as is asked for, and what is taken meanwhile.

    python -m benchmarks.soak --minutes 60

Every second there are some broadcasts to all sockets, echoes over a group that each socket has
for itself, clients that come and go, requests of Django's view, and a large upload. Every ten
seconds the memory and the open files of each process are noted, and what Redis holds. The table
compares the second quarter of the time with the last.
"""

import argparse
import http.client
import random
from statistics import median
from time import monotonic

from benchmarks.frames import TEXT, encode
from benchmarks.sockets import Sockets
from benchmarks.stack import Stack
from benchmarks.systems import OURS

SOCKETS = 300
WORKERS = 2
# In a second:
TICKS, ECHOES, COMINGS, REQUESTS, BROADCASTS = 10, 50, 10, 20, 5
UPLOAD = bytes(1024 * 1024)
SAMPLE_SECONDS = 10
# How long the last answers may take.
ANSWER_SECONDS = 10
MIB = 1024 * 1024

Sample = dict[str, float]


def main() -> None:
    """Load for as long as the command line says, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    minutes = parser.parse_args().minutes
    with Stack(OURS) as stack:
        stack.serve(workers=WORKERS)
        publisher = stack.publisher()
        publisher.tell(f"steady {BROADCASTS} {int(minutes * 60)}")
        with Load(stack.port) as load:
            samples = soak(stack, load, minutes * 60)
            print(load.result())
    print(table(samples))


class Load:
    """The clients.

    Arguments:
        port: where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._sockets = Sockets(port)
        self._requests = http.client.HTTPConnection("127.0.0.1", port)
        self._random = random.Random(1)
        self._unanswered: set[int] = set()
        self._members = 0
        self._counts = {"echoes": 0, "broadcasts": 0, "comings": 0, "requests": 0, "uploads": 0}

    def __enter__(self) -> "Load":
        self._fill()
        return self

    def __exit__(self, *exception: object) -> None:
        self._sockets.__exit__(*exception)
        self._requests.close()

    def upload(self) -> None:
        """Send what is too large for one message."""
        assert self._request("POST", "/upload/", UPLOAD) == str(len(UPLOAD)).encode()
        self._counts["uploads"] += 1

    def tick(self, until: float) -> None:
        """Do a tick's share, then read until the time on the monotonic clock has come."""
        for descriptor in self._quiet_sockets(COMINGS // TICKS):
            self._sockets.close(descriptor)
            self._counts["comings"] += 1
        self._fill()
        for _ in range(REQUESTS // TICKS):
            assert self._request("GET", "/") == b"Hello, world"
            self._counts["requests"] += 1
        for descriptor in self._quiet_sockets(ECHOES // TICKS):
            self._sockets.send(descriptor, encode(TEXT, b"echo"))
            self._unanswered.add(descriptor)
        self._sockets.receive(self._take, lambda: False, max(0.001, until - monotonic()))

    def result(self) -> str:
        """Return what was done, on one line."""
        self._sockets.receive(self._take, lambda: not self._unanswered, ANSWER_SECONDS)
        counts = ", ".join(f"{count:,} {name}" for name, count in self._counts.items())
        closed = self._sockets.closed_by_server
        return f"{counts}, {len(self._unanswered)} unanswered, {closed} closed by the server"

    def _fill(self) -> None:
        """Open as many sockets as are missing, each on a path of its own."""
        while len(self._sockets) < SOCKETS:
            self._members += 1
            self._sockets.open(1, f"/member/{self._members}/", on_text=self._take)

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        self._requests.request(method, path, body)
        return self._requests.getresponse().read()

    def _quiet_sockets(self, count: int) -> list[int]:
        """Return some of those that wait for no answer."""
        quiet = sorted(self._sockets.open_sockets.keys() - self._unanswered)
        return self._random.sample(quiet, count)

    def _take(self, descriptor: int, payload: bytes) -> None:
        if payload == b"echo":
            self._unanswered.remove(descriptor)
            self._counts["echoes"] += 1
        else:
            self._counts["broadcasts"] += 1


def soak(stack: Stack, load: Load, seconds: float) -> list[Sample]:
    """Keep the load up and return the samples."""
    samples, start = [], monotonic()
    for tick in range(1, int(seconds * TICKS) + 1):
        load.tick(start + tick / TICKS)
        if tick % TICKS == 0:
            load.upload()
        if tick % (TICKS * SAMPLE_SECONDS) == 0:
            samples.append(sample(stack))
    return samples


def sample(stack: Stack) -> Sample:
    """Return what everything takes at the moment."""
    names = ("daphne", *(f"worker {number}" for number in range(1, WORKERS + 1)), "publisher")
    taken: Sample = {}
    for name, process in zip(names, stack.processes, strict=True):
        taken[f"{name}, MiB"] = process.resident_bytes() / MIB
        taken[f"{name}, open files"] = process.open_files()
    taken["Redis, MiB"] = stack.redis.used_memory() / MIB
    taken["Redis, keys"] = sum(
        int(database.partition("keys=")[2].partition(",")[0])
        for name, database in stack.redis.info("keyspace").items()
        if name.startswith("db")
    )
    taken["Redis, connections"] = int(stack.redis.info("clients")["connected_clients"]) - 1
    return taken


def table(samples: list[Sample]) -> str:
    """Return how much everything has grown, as a Markdown table."""
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]  # caches fill in the first
    lines = ["| what | settled | in the end | growth | most |", "|---|---|---|---|---|"]
    for name in samples[0]:
        first, last = (median(taken[name] for taken in part) for part in (early, late))
        growth = f"{100 * (last / first - 1):+.1f} %" if first else f"{last:+.1f}"
        most = max(taken[name] for taken in samples)
        lines.append(f"| {name} | {first:,.1f} | {last:,.1f} | {growth} | {most:,.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
