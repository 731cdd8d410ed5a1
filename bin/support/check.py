"""bin/test: linters, types and tests in the project's virtual environment."""

import subprocess
import sys

from support import environment

LINTERS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
)


def main() -> int:
    """Run the checks, tests last; return the exit status for the shell."""
    try:
        environment.prepare("requirements-dev.txt")
    except environment.SetupError as error:
        print(f"bin/test: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    failed = [" ".join(linter) for linter in LINTERS if _run(*linter)]
    tests = _run("pytest", *sys.argv[1:])
    if failed:
        print(f"bin/test: failed besides the tests: {', '.join(failed)}", file=sys.stderr)
    return tests or bool(failed)


def _run(module: str, *arguments: str) -> int:
    """Run one tool and return its exit status; Ctrl-C is the tool's to handle."""
    print(f"── {' '.join([module, *arguments])}", flush=True)
    command = [environment.PYTHON, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=environment.ROOT, env=environment.variables())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
