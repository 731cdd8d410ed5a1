"""Interface servers that die or are told to go."""

import signal
import time

import redis

from tests.faults.project.routing import GROUP
from tests.faults.rig import Rig, Sender
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

REGISTRATION_SECONDS = 15


def test_a_server_told_to_go_closes_its_sockets_with_1012_and_says_goodbye(rig: Rig) -> None:
    leaving, mine = rig.servers[0], [m for m in rig.crowd.members if m.port == rig.ports[0]]
    leaving.signal(signal.SIGTERM)
    assert leaving.wait(20) == 0
    wait_until(lambda: all(member.closed for member in mine), "all sockets to be closed")
    assert {member.closed for member in mine} == {1012}
    wait_until(lambda: len(rig.events("disconnected")) >= len(mine), "their disconnects")
    assert rig.layer.global_statistics()["servers"] == 1
    time.sleep(0.5)
    assert len(rig.crowd.open_members()) == len(rig.crowd.members) - len(mine)


def test_a_killed_server_is_out_of_its_groups_costs_no_send_and_the_other_goes_on(
    rig: Rig, sender: Sender, valkey: ValkeyServer
) -> None:
    assert rig.layer.global_statistics()["servers"] == 2
    # Of a Redis that is new, or has forgotten who listens, one more: for who is not heard of yet.
    wait_until(lambda: entries_of_a_send(rig, valkey) == 2, "one entry for each server")
    node, keys = rig.layer.nodes[0], rig.layer.keys
    before = node.run(("ZRANGE", keys.group(GROUP), 0, -1))
    rig.servers[0].kill()

    def is_buried() -> bool:
        left = node.run(("ZRANGE", keys.group(GROUP), 0, -1))
        gone = [name.decode() for name in before if name not in left]
        return len(gone) == 1 and not node.run(("EXISTS", keys.inbox(gone[0])))

    wait_until(
        is_buried,
        "the dead server to be out of its group, and its inbox gone",
        seconds=REGISTRATION_SECONDS,
    )
    assert entries_of_a_send(rig, valkey) == 1
    assert len(rig.layer.group_channels(GROUP)) == len(rig.crowd.open_members())
    sender.stop()
    rig.check_everything_arrived(sender)
    assert {member.closed for member in rig.crowd.members} == {None, 1006}


def entries_of_a_send(rig: Rig, valkey: ValkeyServer) -> int:
    """Return how many entries Redis writes for one group send, whoever else writes some."""
    with valkey.client() as client:
        counts = []
        for _ in range(10):
            before = entries(client)
            rig.layer.send_group(GROUP, {"text": "what does it cost?"})
            counts.append(entries(client) - before)
    return min(counts)


def entries(client: redis.Redis) -> int:
    """Return how many entries Redis has written to streams since its start."""
    return int(client.info("commandstats").get("cmdstat_xadd", {"calls": 0})["calls"])
