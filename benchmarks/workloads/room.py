"""The room that the group workloads share: open sockets in it, and one who publishes to it."""

from benchmarks.processes import Process
from benchmarks.sockets import Sockets
from benchmarks.tally import Tally

PATH = "/room/"
LONGEST = 20  # seconds that one broadcast may take to arrive everywhere


class Room:
    """Broadcasts one message at a time and waits until it is everywhere.

    Arguments:
        sockets: all of them opened on PATH.
        publisher: the process that sends.
    """

    def __init__(self, sockets: Sockets, publisher: Process) -> None:
        self._sockets = sockets
        self._publisher = publisher
        self._sequence = 0

    def broadcast(self) -> tuple[float, float, int]:
        """Return the seconds of the call, those until the last arrival, and the arrivals."""
        tally = Tally()
        self._sequence += 1
        self._publisher.tell("send")
        self._sockets.receive(
            tally, lambda: tally.arrived[self._sequence] == len(self._sockets), LONGEST
        )
        last = max(tally.latencies, default=float("nan"))
        return self._publisher.answer(), last, tally.arrived[self._sequence]
