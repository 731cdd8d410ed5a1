"""Connections to Redis that are cut half open: nobody is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.proxy import Proxy
from tests.faults.rig import Rig, Sender
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

HEAL_SECONDS = 15
JOBS = 20


@pytest.fixture
def proxy(valkey: ValkeyServer) -> Iterator[Proxy]:
    proxy = Proxy(valkey.port)
    yield proxy
    proxy.close()


def test_a_cut_is_found_and_mended_and_nothing_is_lost_in_it(tmp_path: Path, proxy: Proxy) -> None:
    with Rig(tmp_path, {"hosts": [f"redis://127.0.0.1:{proxy.port}/0"]}, sockets=20) as rig:
        sender = Sender(rig.layer)
        sender.start()
        time.sleep(0.5)
        names = {f"job-{number}" for number in range(JOBS)}
        proxy.cut()
        for name in names:
            rig.work(name)
        wait_until(lambda: set(rig.done()) == names, "all jobs", seconds=HEAL_SECONDS)
        rig.check_all_well(sender, HEAL_SECONDS)
        rig.check_everything_arrived(sender)
        assert len(rig.done()) == JOBS
