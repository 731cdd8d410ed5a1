"""One virtual environment a system, built once and again when its requirements change."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / ".envs"


class EnvironmentUnavailable(Exception):
    """The system cannot be installed on this machine; the message says why."""


def environment(requirements: Path, pythons: tuple[str, ...] = ()) -> Path:
    """Return the `bin` folder of an environment, built first when it is not up to date.

    Arguments:
        requirements: file with the packages to install; the environment is named after it.
        pythons: versions that will do, such as "3.7", best first; empty for the running one.

    Raises EnvironmentUnavailable when no such Python is found or the installation fails.
    """
    folder = FOLDER / requirements.stem
    stamp = folder / ".installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        _build(folder, requirements, find_python(pythons) if pythons else sys.executable)
        stamp.write_text(wanted)
    return folder / "bin"


def find_python(versions: tuple[str, ...]) -> str:
    """Return the path of a Python of one of `versions`, from PATH or from pyenv.

    Raises EnvironmentUnavailable when there is none.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in versions:
        on_path = shutil.which(f"python{version}") or ""
        for python in (on_path, *map(str, pyenv.glob(f"{version}.*/bin/python"))):
            # a pyenv shim exists on PATH even where its version is not switched on
            if python and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
                return python
    raise EnvironmentUnavailable(f"no Python {' or '.join(versions)} found")


def _build(folder: Path, requirements: Path, python: str) -> None:
    print(f"installing {folder.name} …", file=sys.stderr)
    create = [python, "-m", "venv", "--clear", str(folder)]
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "-r", str(requirements)]
    for command in (create, install):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1]
            raise EnvironmentUnavailable(f"installation failed: {reason}")
