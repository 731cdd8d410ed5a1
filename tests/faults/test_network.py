"""A network between Redis and the others that goes dead: nobody is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from asgi_redis import RedisChannelLayer
from tests.faults.rig import Rig, Sender, Visitor
from tests.support.proxy import Proxy
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

HEAL_SECONDS = 15
JOBS = 20


@pytest.fixture
def rig(tmp_path: Path, proxy: Proxy) -> Iterator[Rig]:
    with Rig(tmp_path, {"hosts": [f"redis://127.0.0.1:{proxy.port}/0"]}) as rig:
        yield rig


@pytest.fixture
def outside(valkey: ValkeyServer) -> Iterator[RedisChannelLayer]:
    """The layer of a process that is on Redis's side of the cut."""
    layer = RedisChannelLayer(hosts=[valkey.url])
    yield layer
    layer.nodes[0].close()


def test_a_cut_is_found_and_mended_and_nothing_is_lost_in_it(
    rig: Rig, proxy: Proxy, outside: RedisChannelLayer
) -> None:
    senders = [Sender(rig.layer), Sender(outside)]
    visitors = [Visitor(rig, port) for port in rig.ports]
    names = [f"job-{number}" for number in range(JOBS)]
    for sender in senders:
        sender.start()
    time.sleep(0.5)
    proxy.cut()
    for visitor in visitors:
        visitor.start()
    for name in names:  # Redis gives some of them to workers that it still takes for connected
        outside.send("faults.work", {"name": name})
    wait_until(lambda: all(503 in visitor.answers for visitor in visitors), "503")
    proxy.mend()
    wait_until(lambda: set(rig.done()) == set(names), "all jobs", seconds=HEAL_SECONDS)
    assert len(rig.done()) == JOBS
    rig.check_all_well(senders[0], HEAL_SECONDS)
    for visitor in visitors:
        visitor.stop()
        assert visitor.answers == {200, 503}
        assert visitor.patience < HEAL_SECONDS
    for sender in senders:
        sender.stop()
        rig.check_everything_arrived(sender)
