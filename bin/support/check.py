"""bin/test: linters, types and tests in the project's virtual environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence

from support import environment, postgresql

LINTERS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
)

# What may depend on the database; a browser does not see which one it is.
DATABASE_TESTS = ("tests/tracker", "tests/tracker_project", "--ignore=tests/tracker/browser")
NO_POSTGRESQL = (
    "bin/test: left out, for want of PostgreSQL with PostGIS: the tracker's tests on it. "
    "Install it with `apt install postgresql-15-postgis-3`."
)

# Tests mostly wait, for processes and for time to pass: two at once take half as long. Whole files
# stay together and in order, and those with the browser come last; see tests/conftest.py. Groups of
# another kind would not do: pytest-xdist 3.8 writes them into the ids of tests, pytest 9.2 does not
# let it, and then every test is a group by itself.
TWO_AT_ONCE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")

FAILURES = 1  # exit status of pytest


def main() -> int:
    """Run the checks, tests last; return the exit status for the shell."""
    try:
        environment.prepare("requirements-dev.txt")
        failed = [check for check, is_good in _results() if not is_good]
    except environment.SetupError as error:
        print(f"bin/test: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if failed:
        print(f"bin/test: failed: {', '.join(failed)}", file=sys.stderr)
    return bool(failed)


def _results() -> Iterator[tuple[str, bool]]:
    """Run each check; give its name and whether it passed."""
    arguments = sys.argv[1:]
    for linter in LINTERS:
        yield " ".join(linter), _run(*linter) == 0
    if arguments:
        yield "pytest", _test(arguments) == 0
        return
    yield "pytest", _test([], TWO_AT_ONCE) == 0
    if not os.environ.get("DATABASE_URL"):
        yield "pytest on PostgreSQL", _passes_on_postgresql()


def _passes_on_postgresql() -> bool:
    """Whether the tests pass on a cluster of their own; without one, only CI says no."""
    programs = postgresql.find()
    if programs is None:
        print(NO_POSTGRESQL)
        return not os.environ.get("CI")
    try:
        with postgresql.cluster(programs) as url:
            return _test(DATABASE_TESTS, TWO_AT_ONCE, DATABASE_URL=url) == 0
    except postgresql.ClusterError as error:
        print(f"bin/test: {error}", file=sys.stderr)
        return False


def _test(arguments: Sequence[str], processes: Sequence[str] = (), **variables: str) -> int:
    """Run pytest, in CI what failed once more and alone; return its exit status."""
    status = _run("pytest", *arguments, *processes, **variables)
    if status == FAILURES and os.environ.get("CI"):
        # What fails beside all others and passes alone depends on timing: that is a defect to
        # mend, and it stands in this output, but it must not hide what has really broken.
        print("── the tests that failed, once more")
        # A run that was cut short kept no list of failures; then nothing runs, which is no success.
        again = ("--last-failed", "--last-failed-no-failures", "none")
        status = _run("pytest", *arguments, *again, **variables)
    return status


def _run(module: str, *arguments: str, **variables: str) -> int:
    """Run one tool and return its exit status."""
    print(f"── {' '.join([module, *arguments])}", flush=True)
    command = [environment.PYTHON, "-m", module, *arguments]
    # Without bytecode each of the hundreds of processes that tests start would compile all modules.
    env = environment.variables(PYTHONDONTWRITEBYTECODE="", **variables)
    process = subprocess.Popen(command, cwd=environment.ROOT, env=env)

    def stop(*_signal: object) -> None:
        process.terminate()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        return process.wait()
    except KeyboardInterrupt:
        # Ctrl-C has reached the tool by itself, and it may have to clean up.
        process.wait()
        raise
