"""Runs the workloads on the systems and prints the table: `bin/bench`."""

import argparse
import os
import resource
import signal
import sys
from collections.abc import Sequence

from benchmarks.environments import EnvironmentUnavailable
from benchmarks.measurement import FULL, QUICK, Effort
from benchmarks.report import Report
from benchmarks.stack import Stack
from benchmarks.systems import SYSTEMS, System
from benchmarks.workloads import WORKLOADS

FILES = 8_000


def main() -> None:
    """Measure what the command line asks for; a complete full run also writes results.md."""
    arguments = parse()
    raise_file_limit()
    interrupt_nobody()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    systems = [system for system in SYSTEMS if system.name in arguments.system]
    report = Report(systems)
    for workload in arguments.only:
        measure(workload, systems, QUICK if arguments.quick else FULL, report)
    print(report.table())
    if not arguments.quick and len(arguments.only) + len(systems) == len(WORKLOADS) + len(SYSTEMS):
        report.save()


def parse() -> argparse.Namespace:
    """Return the command line: `only`, `system` (both complete by default) and `quick`."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    workloads, systems = list(WORKLOADS), [system.name for system in SYSTEMS]
    parser.add_argument("--only", nargs="+", choices=workloads, default=workloads)
    parser.add_argument("--system", nargs="+", choices=systems, default=systems)
    parser.add_argument("--quick", action="store_true", help="small, short and less exact")
    return parser.parse_args()


def measure(workload: str, systems: Sequence[System], effort: Effort, report: Report) -> None:
    """Run one workload on the systems, in turns where it has rounds."""
    rounds = getattr(WORKLOADS[workload], "ROUNDS", 1)
    for _ in range(rounds):
        for system in systems:
            if WORKLOADS[workload].NEEDS in system.abilities:
                run(workload, system, effort.in_rounds(rounds), report)


def run(workload: str, system: System, effort: Effort, report: Report) -> None:
    """Run one workload on one system; what goes wrong becomes a note of the report."""
    try:
        with Stack(system) as stack:
            for measurement in WORKLOADS[workload].measure(stack, effort):
                report.add(system, measurement)
                print(
                    f"{system.title}: {measurement.row}: {measurement.median:,.3f} "
                    f"{measurement.unit} {measurement.remark}",
                    file=sys.stderr,
                )
    except EnvironmentUnavailable as reason:
        report.note(f"{system.title} was not measured: {reason}")
    except Exception as error:  # one failure must not cost the figures of all the others
        print(f"{system.title}: {workload}: {error!r}", file=sys.stderr)
        report.note(f"{system.title}, {workload}: {type(error).__name__}: {error}")


def raise_file_limit() -> None:
    """Allow this process and its children the open files that thousands of sockets need."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if FILES > most != resource.RLIM_INFINITY:
        sys.exit(f"bin/bench needs {FILES:,} open files, the limit is {most:,} (ulimit -Hn).")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, FILES), most))


def interrupt_nobody() -> None:
    """Have the load client wait for its turn: clients are elsewhere, and take no server's time."""
    policy = os.SCHED_BATCH | os.SCHED_RESET_ON_FORK  # what it starts is scheduled as ever
    os.sched_setscheduler(0, policy, os.sched_param(0))


if __name__ == "__main__":
    main()
