"""A Redis that dies, forgets, does not answer, or refuses."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.faults.rig import Rig, Sender
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

FLOW_SECONDS = 15

Fault = Callable[[ValkeyServer], AbstractContextManager[None]]


@contextmanager
def killed_with_its_file(valkey: ValkeyServer) -> Iterator[None]:
    plain = valkey.process.command
    with valkey.client() as client:
        client.config_set("appendonly", "yes")
        client.config_set("appendfsync", "always")
        rewritten = lambda: not client.info("persistence")["aof_rewrite_in_progress"]  # noqa: E731
        wait_until(rewritten, "the first file")
    valkey.kill()
    yield
    valkey.process.command = [*plain, "--appendonly", "yes"]
    valkey.start()
    valkey.process.command = plain
    with valkey.client() as client:
        client.config_set("appendonly", "no")


@contextmanager
def restarted_empty(valkey: ValkeyServer) -> Iterator[None]:
    valkey.kill()
    yield
    valkey.start()


@contextmanager
def stopped_for_ten_seconds(valkey: ValkeyServer) -> Iterator[None]:
    valkey.pause()
    time.sleep(4)
    yield
    time.sleep(6)
    valkey.resume()


@contextmanager
def out_of_memory(valkey: ValkeyServer) -> Iterator[None]:
    with valkey.client() as client:
        client.config_set("maxmemory", "1")
        yield
        client.config_set("maxmemory", "0")


@pytest.mark.parametrize(
    "fault",
    [
        killed_with_its_file,
        restarted_empty,
        stopped_for_ten_seconds,
        out_of_memory,
    ],
)
def test_nobody_leaves_requests_get_503_and_groups_are_whole_again_afterwards(
    rig: Rig, sender: Sender, valkey: ValkeyServer, fault: Fault
) -> None:
    time.sleep(0.5)
    with fault(valkey):
        wait_until(lambda: [rig.status(port) for port in rig.ports] == [503, 503], "503")
    rig.check_all_well(sender, FLOW_SECONDS)
