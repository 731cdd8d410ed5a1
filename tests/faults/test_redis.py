"""A Redis that dies, forgets, does not answer, or refuses."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import redis

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


@contextmanager
def unable_to_save(valkey: ValkeyServer) -> Iterator[None]:
    """As on a full disk: the file cannot be written, so nothing new is taken."""
    with valkey.client() as client:
        file = Path(client.config_get("dir")["dir"], client.config_get("dbfilename")["dbfilename"])
        file.mkdir()
        client.config_set("save", "3600 1")
        save_until(client, "err")
        yield
        file.rmdir()
        save_until(client, "ok")
        client.config_set("save", "")
        file.unlink()


def save_until(client: redis.Redis, status: str) -> None:
    client.bgsave()
    wait_until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == status, status)


@contextmanager
def another_password(valkey: ValkeyServer) -> Iterator[None]:
    with valkey.client() as client:
        client.config_set("requirepass", "another")
        client.client_kill_filter(_type="normal", skipme=True)
        yield
        client.config_set("requirepass", "")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (killed_with_its_file, "it cannot be reached"),
        (restarted_empty, "it cannot be reached"),
        (stopped_for_ten_seconds, "no answer in time"),
        (out_of_memory, "its memory is full; raise its maxmemory"),
        (unable_to_save, "it cannot save them; look at its disk"),
        (another_password, "wrong or missing password; put it into the hosts URL"),
    ],
)
def test_nobody_leaves_requests_get_503_and_groups_are_whole_again_afterwards(
    rig: Rig, sender: Sender, valkey: ValkeyServer, fault: Fault, words: str
) -> None:
    starts = [(process, len(process.output)) for process in rig.processes]
    time.sleep(0.5)
    with fault(valkey):
        wait_until(lambda: rig.answers() == [503, 503], "503")
        for process, start in starts:
            process.wait_for_output(words, start=start)
    rig.check_all_well(sender, FLOW_SECONDS)


def test_what_groups_are_sent_after_it_has_forgotten_everything_arrives(
    rig: Rig, sender: Sender, valkey: ValkeyServer
) -> None:
    """Also before the servers, which beat every three seconds, have registered again."""
    wait_until(lambda: len(sender.sent) > 50, "some messages")
    with valkey.client() as client:
        client.flushall()
    start = len(sender.sent)
    wait_until(lambda: len(sender.sent) > start + 250, "some more")
    sender.stop()
    rig.check_everything_arrived(sender)
    # On a machine that is too slow a server may have been behind, and says so.
    assert {member.closed for member in rig.crowd.members} <= {None, 1013}
