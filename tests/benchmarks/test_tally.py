import json
from time import monotonic

from benchmarks.tally import Tally


def broadcast(sequence: int, sent: float = 0.0) -> bytes:
    return json.dumps({"sequence": sequence, "sent": sent}).encode()


def test_arrivals_are_counted_by_broadcast() -> None:
    tally = Tally()
    for socket in (4, 5):
        tally(socket, broadcast(1))
    tally(5, broadcast(2))

    assert (tally.arrived[1], tally.arrived[2]) == (2, 1)
    assert tally.disordered == 0


def test_late_and_repeated_frames_are_out_of_order_on_their_socket_only() -> None:
    tally = Tally()
    for socket, sequence in ((4, 2), (4, 1), (4, 2), (5, 1)):
        tally(socket, broadcast(sequence))

    assert tally.disordered == 2


def test_latency_begins_with_the_senders_call() -> None:
    tally = Tally()
    sent = monotonic() - 5
    tally(4, broadcast(1, sent))

    assert 5 <= tally.latencies[0] <= monotonic() - sent
