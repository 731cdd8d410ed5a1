"""A primary that three sentinels replace while everything runs."""

import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import redis

from tests.faults.rig import Rig, Sender
from tests.support.processes import started
from tests.support.sentinels import LOGIN, Watched
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

FLOW_SECONDS = 10

jobs = count()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with started(Watched(tmp_path_factory.mktemp("watched"))) as watched:
        yield watched


@pytest.fixture(scope="module")
def shared_rig(tmp_path_factory: pytest.TempPathFactory, watched: Watched) -> Iterator[Rig]:
    config = {
        "hosts": [("127.0.0.1", port) for port in watched.ports],
        "services": [watched.service],
        "connection_kwargs": LOGIN,
    }
    backend = "asgi_redis.RedisSentinelChannelLayer"
    with Rig(tmp_path_factory.mktemp("rig"), config, backend) as rig:
        yield rig


@pytest.fixture(autouse=True)
def _whole(watched: Watched) -> None:
    watched.mend()


def replaced(watched: Watched, old: ValkeyServer) -> ValkeyServer:
    """Wait until the sentinels name another primary."""
    wait_until(lambda: watched.primary is not old, "the sentinels' verdict")
    return watched.primary


def users(client: redis.Redis) -> list[Any]:
    """Return the connections over which applications have lately asked a server for something."""
    mine = client.client_id()
    others = [entry for entry in client.client_list() if int(entry["id"]) != mine]
    return [entry for entry in others if entry["user"] == "app" and int(entry["idle"]) < 3]


def check_all_flows(rig: Rig, sender: Sender, since: float) -> None:
    """Groups, workers and requests: all of them go over the new primary within one bound.

    Args:
        since: when the bound began, by the monotonic clock.
    """
    job = f"job-{next(jobs)}"
    rig.work(job)
    wait_until(lambda: job in rig.done(), "a job", seconds=left(since))
    wait_until(lambda: set(rig.answers()) == {200}, "requests", seconds=left(since))
    rig.check_flow(sender, left(since))


def left(since: float) -> float:
    return since + FLOW_SECONDS - time.monotonic()


def test_all_flows_again_when_a_killed_primary_has_been_replaced(
    rig: Rig, sender: Sender, watched: Watched
) -> None:
    old = watched.primary
    killed = time.monotonic()
    old.kill()
    check_all_flows(rig, sender, killed)
    # Sockets for which a message may have gone with the old primary are told.
    rig.check_all_well(sender, FLOW_SECONDS, (None, 1013))
    rig.check_everything_arrived(sender)


def test_a_primary_that_only_the_sentinels_cannot_reach_is_left_by_all(
    rig: Rig, sender: Sender, watched: Watched
) -> None:
    old = watched.primary
    with old.client() as client:
        client.acl_deluser("guard")  # it has no replica then, and takes writes nevertheless
        new = replaced(watched, old)
        wait_until(lambda: not users(client), "all to leave the old one", seconds=FLOW_SECONDS)
        assert client.info("replication")["role"] == "master"
    # For a while both took messages, of which one of them does not know.
    sockets = rig.crowd.members
    wait_until(lambda: all(socket.closed == 1013 for socket in sockets), "all to be told")
    rig.mend()
    check_all_flows(rig, sender, time.monotonic())
    rig.check_all_well(sender, FLOW_SECONDS)
    with new.client() as client:
        assert client.zcard(rig.layer.keys.processes) == len(rig.servers)
