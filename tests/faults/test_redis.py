"""A Redis that dies, forgets, or does not answer."""

import http.client
import time

import pytest

from tests.faults.rig import Rig, Sender
from tests.support.valkey import ValkeyServer

FLOW_SECONDS = 15


def status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def check_all_well(rig: Rig, sender: Sender, taken_before: int) -> None:
    """Everything that was sent after the fault is everywhere, and nobody has left."""
    rig.crowd.wait_for(sender.sent[-1], seconds=FLOW_SECONDS)
    for process in [*rig.servers, *rig.workers]:
        assert process.is_running(), process.output
    assert len(rig.crowd.open_members()) == len(rig.crowd.members)
    assert [status(port) for port in rig.ports] == [200, 200]
    time.sleep(1)
    sender.stop()
    rig.crowd.wait_for(sender.sent[-1])
    for member in rig.crowd.open_members():
        late = [text for text in dict.fromkeys(member.received) if text in set(sender.sent)]
        assert late[-50:] == sender.sent[-50:]


@pytest.mark.parametrize("fault", ["killed with its file", "restarted empty"])
def test_groups_are_whole_again_after_redis_was_gone(
    rig: Rig, sender: Sender, valkey: ValkeyServer, fault: str
) -> None:
    if fault == "killed with its file":
        with valkey.client() as client:
            client.config_set("appendonly", "yes")
            client.config_set("appendfsync", "always")
    time.sleep(1)
    before = len(sender.sent)
    valkey.kill()
    time.sleep(0.5)
    assert [status(port) for port in rig.ports] == [503, 503]
    if fault == "killed with its file":
        valkey.process.command = [*valkey.process.command, "--appendonly", "yes"]
    valkey.start()
    wait_for_sends(sender, before)
    time.sleep(4)  # a heartbeat
    check_all_well(rig, sender, before)


def test_a_redis_that_stops_answering_delays_nobody_for_long(
    rig: Rig, sender: Sender, valkey: ValkeyServer
) -> None:
    time.sleep(1)
    before = len(sender.sent)
    valkey.pause()
    time.sleep(4)
    assert [status(port) for port in rig.ports] == [503, 503]
    time.sleep(6)
    valkey.resume()
    wait_for_sends(sender, before)
    time.sleep(4)
    check_all_well(rig, sender, before)


def wait_for_sends(sender: Sender, before: int) -> None:
    deadline = time.monotonic() + FLOW_SECONDS
    while len(sender.sent) < before + 20:
        assert time.monotonic() < deadline, "the sender did not get through"
        time.sleep(0.05)
