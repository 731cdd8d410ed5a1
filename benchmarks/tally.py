"""Counts broadcasts as they arrive, and finds those that are late, missing or out of order."""

import json
from array import array
from collections import Counter
from functools import lru_cache
from time import monotonic


class Tally:
    """Called for every text frame of every socket.

    Attributes:
        arrived: sequence number of a broadcast -> how many sockets have it.
        disordered: frames that came after a later one, or twice, on their socket.
        latencies: seconds from the sender's call to the arrival, one for each frame.
    """

    def __init__(self) -> None:
        self.arrived: Counter[int] = Counter()
        self.disordered = 0
        self.latencies = array("d")
        self._last: dict[int, int] = {}

    def __call__(self, descriptor: int, payload: bytes) -> None:
        sequence, sent = _parse(payload)
        self.latencies.append(monotonic() - sent)
        self.arrived[sequence] += 1
        if sequence <= self._last.get(descriptor, 0):
            self.disordered += 1
        else:
            self._last[descriptor] = sequence


@lru_cache(maxsize=256)  # every socket gets the same payload
def _parse(payload: bytes) -> tuple[int, float]:
    message = json.loads(payload)
    return message["sequence"], message["sent"]
