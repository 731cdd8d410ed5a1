"""Workers that die, stop, or are told to go."""

import signal
import time

from tests.faults.rig import Rig, Sender
from tests.support.waiting import wait_until

# Redelivery takes at most this long (the architecture, "Delivery").
REDELIVERY_SECONDS = 15
KILLS = 20


def done(rig: Rig) -> list[str]:
    return [name for name, _ in rig.events("done")]


def test_jobs_of_killed_workers_are_run_by_others(rig: Rig, sender: Sender) -> None:
    names = {f"job-{number}" for number in range(KILLS)}
    for name in names:
        rig.work(name, seconds=0.5)
    hit: set[str] = set()
    while len(hit) < KILLS:
        started = rig.events("started")
        finished = set(done(rig))
        for name, pid in started[-len(rig.workers) :]:
            worker = next((w for w in rig.workers if w.is_running() and w.pid == pid), None)
            if worker and name not in finished and name not in hit:
                worker.kill()
                worker.start()
                hit.add(name)
        if not names - finished - hit:
            break  # a kill may come just too late: then the job is done
        time.sleep(0.02)
    assert len(hit) > KILLS // 2
    wait_until(
        lambda: names <= set(done(rig)), "all jobs", seconds=REDELIVERY_SECONDS + KILLS * 0.5
    )
    sender.stop()
    rig.check_everything_arrived(sender)


def test_a_slow_consumer_of_a_living_worker_runs_once(rig: Rig) -> None:
    rig.work("slow", seconds=21)  # three times as long as a worker is dead without a heartbeat
    wait_until(lambda: "slow" in done(rig), "the slow job", seconds=40)
    time.sleep(2)
    assert [name for name, _ in rig.events("started")] == ["slow"]


def test_a_stopped_worker_finishes_its_own_job_when_it_goes_on(rig: Rig) -> None:
    rig.work("frozen", seconds=1)
    wait_until(lambda: rig.events("started"), "the job's start")
    worker = rig.worker_with(rig.events("started")[0][1])
    worker.signal(signal.SIGSTOP)
    time.sleep(20)
    for number in range(10):
        rig.work(f"meanwhile-{number}")
    wait_until(lambda: len(done(rig)) == 10, "the jobs of the others")
    worker.signal(signal.SIGCONT)
    wait_until(lambda: "frozen" in done(rig), "the frozen job")
    time.sleep(3)
    assert done(rig).count("frozen") == 1


def test_a_message_that_kills_every_worker_becomes_a_dead_letter(rig: Rig) -> None:
    rig.work("poison", deadly=True)
    deadline = time.monotonic() + 120
    while not list(rig.layer.dead_letters) and time.monotonic() < deadline:
        for worker in rig.workers:
            if not worker.is_running():
                worker.start()
        time.sleep(0.1)
    [letter] = list(rig.layer.dead_letters)
    assert letter.channel == "faults.work"
    assert letter.message == {"name": "poison", "deadly": True}
    assert len(rig.events("started")) == 5
    rig.work("harmless")
    wait_until(lambda: "harmless" in done(rig), "the next job")


def test_a_worker_told_to_go_finishes_its_job_and_leaves_the_others(rig: Rig) -> None:
    for worker in rig.workers[1:]:
        worker.stop()
    [leaving] = rig.workers[:1]
    for number in range(20):
        rig.work(f"job-{number}", seconds=0.3)
    wait_until(lambda: rig.events("started"), "the first job")
    leaving.signal(signal.SIGTERM)
    assert leaving.wait(15) == 0
    assert len(rig.events("started")) == len(rig.events("done"))
    rig.workers[1].start()
    wait_until(lambda: len(set(done(rig))) == 20, "the rest")
    assert len(done(rig)) == 20


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
    wait_until(lambda: len(done(rig)) == jobs, "all jobs, once")
    sender.stop()
    rig.check_everything_arrived(sender)
    assert rig.crowd is not None
    assert len(rig.crowd.open_members()) == len(rig.crowd.members)
