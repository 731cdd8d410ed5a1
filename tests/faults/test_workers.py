"""Workers that die, stop, or are told to go."""

import signal
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgpack
import pytest

from asgi_redis.keys import WORKERS
from channels.layers.outgoing import Outgoing
from tests.faults.rig import Rig, Sender, stop_all
from tests.support.processes import Process
from tests.support.waiting import wait_until

KILLS = 20
JOB_SECONDS = 1.0
REDELIVERY_SECONDS = 15
STOPPED_SECONDS = 60
# Three times as long as a worker is given up after without a heartbeat.
SLOW_SECONDS = 21


@dataclass
class Ordeal:
    """What came of the faults that take long, which a rig goes through all at once.

    Attributes:
        started, done: names of jobs, from the diary.
        killed: when a job's worker was killed in the middle, by the names of the jobs.
        again: when these jobs were started once more.
        meanwhile: names of the jobs that were done while a worker was stopped.
        letters: the dead letters.
        redeliveries: how many the layer has counted.
    """

    started: list[str]
    done: list[str]
    killed: dict[str, float]
    again: dict[str, float]
    meanwhile: set[str]
    letters: list[Any]
    redeliveries: int


@pytest.fixture(scope="module")
def ordeal(shared_rig: Rig) -> Ordeal:
    """A job that is slow, one whose worker is stopped, twenty killed once, one that kills all."""
    rig, sender = shared_rig, Sender(shared_rig.layer)
    before = rig.layer.global_statistics()["redeliveries"]
    extra = [rig.new_worker(number) for number in range(3, 6)]
    rig.workers += extra
    rig.mend()
    sender.start()
    begin(rig, "slow", seconds=SLOW_SECONDS)
    stopped = begin(rig, "frozen", seconds=1)
    stopped.signal(signal.SIGSTOP)
    stopped_at = time.monotonic()
    rig.work("poison", deadly=True)
    for number in range(KILLS):
        rig.work(f"job-{number}", seconds=JOB_SECONDS)
    killed = kill_and_revive(rig)
    time.sleep(max(0, stopped_at + STOPPED_SECONDS - time.monotonic()))
    meanwhile = set(rig.done())
    stopped.signal(signal.SIGCONT)
    wait_until(lambda: "frozen" in rig.done(), "the frozen job")
    time.sleep(3)
    sender.stop()
    rig.check_everything_arrived(sender)
    started = [name for name, _ in rig.events("started")]
    rig.workers = rig.workers[: -len(extra)]
    stop_all(extra)
    again = {name: rig.times("started", name)[1] for name in killed}
    letters = list(rig.layer.dead_letters)
    redeliveries = rig.layer.global_statistics()["redeliveries"] - before
    return Ordeal(started, rig.done(), killed, again, meanwhile, letters, redeliveries)


def begin(rig: Rig, name: str, **options: Any) -> Any:
    """Give the workers a job and return the one that has started it."""
    rig.work(name, **options)
    wait_until(lambda: name in dict(rig.events("started")), f"the start of {name}")
    return rig.worker_with(dict(rig.events("started"))[name])


def kill_and_revive(rig: Rig) -> dict[str, float]:
    """Kill the worker of each job once and start all that died, until every job has its end."""
    names, killed = {f"job-{number}" for number in range(KILLS)}, {}
    deadline = time.monotonic() + 120
    while not (names | {"slow"} <= set(rig.done()) and list(rig.layer.dead_letters)):
        assert time.monotonic() < deadline, rig.diary.read_text()
        for worker in rig.workers:
            if not worker.is_running():
                worker.start()
        for name, pid in rig.events("started"):
            worker = next((w for w in rig.workers if w.is_running() and w.pid == pid), None)
            if worker and name in names - set(killed) - set(rig.done()):
                worker.kill()
                killed[name] = time.monotonic()
        time.sleep(0.05)
    return killed


def test_jobs_of_killed_workers_are_run_by_others(ordeal: Ordeal) -> None:
    assert len(ordeal.killed) == KILLS
    assert set(ordeal.killed) <= ordeal.meanwhile
    waits = [ordeal.again[name] - ordeal.killed[name] for name in ordeal.killed]
    assert max(waits) < REDELIVERY_SECONDS
    assert ordeal.redeliveries >= KILLS


def test_a_slow_consumer_of_a_living_worker_runs_once(ordeal: Ordeal) -> None:
    assert ordeal.started.count("slow") == ordeal.done.count("slow") == 1


def test_a_stopped_worker_finishes_its_own_job_when_it_goes_on(ordeal: Ordeal) -> None:
    assert "frozen" not in ordeal.meanwhile
    assert ordeal.started.count("frozen") == ordeal.done.count("frozen") == 1


def test_a_message_that_kills_every_worker_becomes_the_only_dead_letter(ordeal: Ordeal) -> None:
    [letter] = ordeal.letters
    assert letter.channel == "faults.work"
    assert letter.message == {"name": "poison", "deadly": True}
    assert ordeal.started.count("poison") == 5


def test_a_worker_told_to_go_finishes_its_job_and_hands_back_what_it_had_read_ahead(
    rig: Rig,
) -> None:
    leaving, *others = rig.workers
    stop_all(others)
    names, ahead = stop_in_a_long_job(rig, leaving)
    leaving.signal(signal.SIGTERM)
    leaving.signal(signal.SIGCONT)
    assert leaving.wait(15) == 0
    assert taken_and_not_started(rig) == set()
    finished = [name for name, _ in rig.events("started")]
    assert finished == rig.done()
    assert not ahead & set(finished)
    others[0].start()
    wait_for_all(rig, names)
    assert len(rig.done()) == len(names)
    assert {pid for name, pid in rig.events("done") if name in ahead} == {others[0].pid}


def stop_in_a_long_job(rig: Rig, worker: Process) -> tuple[list[str], set[str]]:
    """Stop the only worker while it runs a long job and has others that it has not begun.

    It reads ahead only while jobs are quick, and the long job may be the last that it has read:
    then it is let go on, and tried again.

    Returns:
        the names of all jobs, and of those that it has read ahead.
    """
    names: list[str] = []
    for attempt in range(20):
        give(rig, names, [{"name": f"quick-{attempt}-{number}"} for number in range(90)])
        wait_for_all(rig, names)
        long = f"long-{attempt}"
        jobs: list[dict[str, Any]] = [{"name": f"job-{attempt}-{number}"} for number in range(90)]
        jobs.insert(45, {"name": long, "seconds": JOB_SECONDS})
        give(rig, names, jobs)
        wait_until(partial(rig.times, "started", long), "the long job", pause=0)
        worker.signal(signal.SIGSTOP)
        ahead = taken_and_not_started(rig)
        if ahead and long not in rig.done():
            return names, ahead
        worker.signal(signal.SIGCONT)
        wait_for_all(rig, names)
    raise AssertionError("the worker never read ahead")


def give(rig: Rig, names: list[str], jobs: list[dict[str, Any]]) -> None:
    """Give the workers jobs all at once; their names are added to the others."""
    sends = [Outgoing.to_channel("faults.work", job) for job in jobs]
    assert not rig.layer.send_all(sends)
    names += [job["name"] for job in jobs]


def wait_for_all(rig: Rig, names: list[str]) -> None:
    wait_until(lambda: set(rig.done()) == set(names), "all jobs")


def taken_and_not_started(rig: Rig) -> set[str]:
    """Return the names of the jobs that a worker has taken from Redis and not begun."""
    node, stream = rig.layer.nodes[0], rig.layer.keys.stream("faults.work")
    taken = set()
    for id, *_ in node.run(("XPENDING", stream, WORKERS, "-", "+", 1000)):
        for _, fields in node.run(("XRANGE", stream, id, id)):
            taken.add(msgpack.unpackb(fields[fields.index(b"m") + 1])["name"])
    return taken - {name for name, _ in rig.events("started")}


def test_a_rolling_restart_of_all_workers_drops_no_socket_and_loses_nothing(
    rig: Rig, sender: Sender
) -> None:
    jobs = 0
    for worker in rig.workers:
        for _ in range(20):
            rig.work(f"job-{jobs}")
            jobs += 1
            time.sleep(0.02)
        worker.stop()
        worker.start()
    wait_until(lambda: len(rig.done()) == jobs, "all jobs, once")
    sender.stop()
    rig.check_everything_arrived(sender)
    assert len(rig.crowd.open_members()) == len(rig.crowd.members)
