"""Three servers share the channels and groups, and one of them is away."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from asgi_redis.keys import shard
from channels.layers.exceptions import LayerUnavailable
from tests.faults.crowd import Member
from tests.faults.project.routing import GROUP
from tests.faults.rig import Rig, Sender
from tests.support.processes import started
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

FIND_SECONDS = 15
FLOW_SECONDS = 15
JOBS = 20


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ValkeyServer]]:
    servers = [ValkeyServer(tmp_path_factory.mktemp("valkey")) for _ in range(3)]
    with ExitStack() as running:
        yield [running.enter_context(started(server)) for server in servers]


@pytest.fixture(scope="module")
def shared_rig(
    tmp_path_factory: pytest.TempPathFactory, servers: list[ValkeyServer]
) -> Iterator[Rig]:
    config = {"hosts": [server.url for server in servers]}
    with Rig(tmp_path_factory.mktemp("rig"), config) as rig:
        yield rig


@pytest.fixture
def member_on(rig: Rig) -> Iterator[Callable[[int], Member]]:
    """Returns sockets whose replies go over a certain one of the servers."""
    opened: list[Member] = []

    def find(index: int) -> Member:
        while True:
            opened.append(Member(rig.ports[0], "/alone"))
            if shard(str(opened[-1].answer("name")), 3) == index:
                opened[-1].received.clear()
                return opened[-1]

    yield find
    for member in opened:
        member.socket.close()


def test_one_that_hangs_delays_nothing_but_what_is_for_it(
    rig: Rig,
    sender: Sender,
    servers: list[ValkeyServer],
    member_on: Callable[[int], Member],
) -> None:
    victim = shard("faults.other", 3)
    assert victim not in {shard(name, 3) for name in (GROUP, "faults.work", "http.request")}
    member = member_on(victim)
    starts = [(process, len(process.output)) for process in rig.processes]
    servers[victim].pause()
    for process, start in starts:
        words = f"{servers[victim].port}/0: no answer in time"
        process.wait_for_output(words, start=start, seconds=FIND_SECONDS)
    member.send("late")
    begun = time.monotonic()
    assert [rig.status(port) for port in rig.ports * JOBS] == [200] * 2 * JOBS
    for number in range(JOBS):
        rig.work(f"job-{number}")
        wait_until(lambda name=f"job-{number}": name in rig.done(), f"job {number}")
    assert time.monotonic() - begun < JOBS  # if each were kept waiting, far longer
    rig.check_flow(sender, FLOW_SECONDS)
    assert member.received == []
    servers[victim].resume()
    rig.work("other", channel="faults.other")
    wait_until(lambda: "other" in rig.done(), "the job that had to wait", seconds=FLOW_SECONDS)
    wait_until(lambda: member.read() or member.received == ["late"], "the reply")
    rig.check_all_well(sender, FLOW_SECONDS)


def test_one_that_died_is_named_to_who_needs_it_and_used_again_when_it_is_back(
    rig: Rig,
    sender: Sender,
    servers: list[ValkeyServer],
    member_on: Callable[[int], Member],
) -> None:
    victim = shard("faults.work", 3)
    assert victim == shard("http.request", 3) != shard(GROUP, 3) == shard("websocket.receive", 3)
    member, other = member_on(victim), member_on(shard(GROUP, 3))
    servers[victim].kill()
    late = [f"late {number}" for number in range(JOBS)]
    for text in late:  # not at once, so that every worker has some
        member.send(text)
        time.sleep(0.05)
    assert other.answer("hello") == "hello"
    for _ in range(3):
        with pytest.raises(LayerUnavailable, match=f"{servers[victim].port}.*cannot be reached"):
            rig.layer.send("faults.work", {"name": "nothing"})
    wait_until(lambda: rig.answers() == [503, 503], "503")
    rig.check_flow(sender, FLOW_SECONDS)
    assert member.received == []
    servers[victim].start()
    wait_until(lambda: member.read() or len(member.received) == JOBS, "the replies")
    assert sorted(member.received) == sorted(late)
    rig.work("job")
    wait_until(lambda: rig.done() == ["job"], "the job", seconds=FLOW_SECONDS)
    rig.check_all_well(sender, FLOW_SECONDS)
