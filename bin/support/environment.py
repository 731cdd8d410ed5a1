"""The project's virtual environment: made once, filled again when the requirements change.

Standard library only: it runs before anything is installed.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class SetupError(Exception):
    """Something on this machine is in the way; the message is one line that says what to do."""


def prepare(requirements: str) -> None:
    """Make the virtual environment hold what the requirements file asks for.

    Args:
        requirements: name of the file in the project's root.

    Raises:
        SetupError: this Python cannot make virtual environments, or pip cannot install.
    """
    if not _usable():
        _create()
    stamp = VENV / f"{requirements}.installed"
    digest = _digest()
    if not stamp.exists() or stamp.read_text() != digest:
        _install(requirements)
        stamp.write_text(digest)


def variables(**extra: str) -> dict[str, str]:
    """Return this process's environment with the virtual environment's programs found first."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV), **extra}


def _usable() -> bool:
    """Whether the environment is complete and the Python it was made with is still there."""
    try:
        return (
            subprocess.run([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL).returncode == 0
        )
    except OSError:
        return False


def _create() -> None:
    missing = [name for name in ("venv", "ensurepip") if not importlib.util.find_spec(name)]
    if missing:
        raise SetupError(
            f"{sys.executable} has no {missing[0]} module, so it cannot make a virtual "
            "environment; on Debian and Ubuntu: apt install python3-venv"
        )
    if VENV.is_symlink():
        # --clear below would empty what it points to.
        raise SetupError(f"{VENV} is a link to an environment that does not work; remove the link")
    print(f"Making {VENV.name} with Python {sys.version.split()[0]} …", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True
    )
    if made.returncode:
        raise SetupError(f"{VENV} could not be made: {_last_line(made.stderr or made.stdout)}")


def _install(requirements: str) -> None:
    print(f"Installing {requirements} …", flush=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "--requirement", ROOT / requirements], stderr=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise SetupError(f"{requirements} could not be installed: {_reason(done.stderr)}")


def _reason(stderr: str) -> str:
    """Return the line of pip's output that tells a person what to do."""
    if "Retrying (" in stderr:
        return (
            "no package index answers; check the network, or name a mirror in PIP_INDEX_URL "
            "(a proxy in HTTPS_PROXY)"
        )
    errors = [line for line in stderr.splitlines() if line.startswith("ERROR:")]
    return _last_line("\n".join(errors) or stderr)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _digest() -> str:
    """Return what the installed packages depend on: every requirements file."""
    files = sorted(ROOT.glob("requirements*.txt"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
