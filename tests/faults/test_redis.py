"""A Redis that dies, forgets, does not answer, or refuses."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import redis

from tests.faults.rig import Rig, Sender, Visitor, arrived
from tests.support.processes import started
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

# Groups are whole again within one heartbeat, which is three seconds.
FLOW_SECONDS = 10
# "Never hangs": far less than what a client would put up with.
PATIENCE_SECONDS = 15
OPEN = (None,)
OPEN_OR_TOLD = (None, 1013)

Fault = Callable[[ValkeyServer], AbstractContextManager[None]]


@pytest.fixture
def visitors(rig: Rig) -> Iterator[list[Visitor]]:
    """One for each server; they ask as long as the test goes on, or until it stops them."""
    with ExitStack() as stack:
        yield [stack.enter_context(started(Visitor(rig, port))) for port in rig.ports]


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
    ("fault", "words", "closed"),
    [
        (killed_with_its_file, "it cannot be reached", OPEN_OR_TOLD),
        (restarted_empty, "it cannot be reached", OPEN_OR_TOLD),
        (stopped_for_ten_seconds, "no answer in time", OPEN),
        (out_of_memory, "its memory is full; raise its maxmemory", OPEN),
        (unable_to_save, "it cannot save them; look at its disk", OPEN),
        (another_password, "wrong or missing password; put it into the hosts URL", OPEN),
    ],
)
def test_nobody_leaves_requests_get_503_and_groups_are_whole_again_afterwards(
    rig: Rig,
    sender: Sender,
    valkey: ValkeyServer,
    visitors: list[Visitor],
    fault: Fault,
    words: str,
    closed: tuple[int | None, ...],
) -> None:
    starts = [(process, len(process.output)) for process in rig.processes]
    time.sleep(0.5)
    with fault(valkey):
        wait_until(lambda: all(503 in visitor.answers for visitor in visitors), "503")
        for process, start in starts:
            process.wait_for_output(words, start=start)
    rig.check_all_well(sender, FLOW_SECONDS, closed)
    rig.check_everything_arrived(sender)
    for visitor in visitors:
        visitor.stop()
        assert visitor.answers == {200, 503}
        assert visitor.patience < PATIENCE_SECONDS


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


@pytest.mark.parametrize("seconds", [0.05, 0.3])
def test_sockets_whose_server_was_a_moment_behind_are_told_when_it_forgets_everything(
    rig: Rig, sender: Sender, valkey: ValkeyServer, seconds: float
) -> None:
    """What the server had not read yet is nowhere any more, and nobody else knows of it."""
    behind = rig.servers[0]
    wait_until(lambda: len(sender.sent) > 50, "some messages")
    behind.signal(signal.SIGSTOP)
    start = len(sender.sent)
    try:
        time.sleep(seconds)
        # One of them is the answer to what it has asked already, the others it could not ask for.
        wait_until(lambda: len(sender.sent) > start + 2, "some that it does not read")
        valkey.kill()
    finally:
        behind.signal(signal.SIGCONT)
    valkey.start()
    rig.check_all_well(sender, FLOW_SECONDS, OPEN_OR_TOLD)
    rig.check_everything_arrived(sender)
    gaps = [member for member in rig.crowd.members if arrived(member, sender) != sender.sent]
    assert {member.closed for member in gaps} == {1013}
    assert {member.port for member in gaps} >= {rig.ports[0]}
