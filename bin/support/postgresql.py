"""A PostgreSQL with PostGIS for one run of the tests: a cluster in a temporary folder."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.ports import HOST, free_port

# Where Debian and Ubuntu keep each version.
PROGRAMS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
# PostgreSQL refuses to run as root; the packages bring this account.
ACCOUNT = "postgres" if os.geteuid() == 0 else None

# The data is thrown away, so it need not survive a crash of the machine.
SPEED = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class ClusterError(Exception):
    """PostgreSQL does not run here; the message holds what it said."""


def find() -> Path | None:
    """Return the folder with the programs of the newest PostgreSQL that has PostGIS."""
    versions = [file.parents[1].name for file in EXTENSIONS.glob("*/extension/postgis.control")]
    folders = [PROGRAMS / version / "bin" for version in sorted(versions, key=float, reverse=True)]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


@contextmanager
def cluster(programs: Path) -> Iterator[str]:
    """Run a cluster on a free port of 127.0.0.1; nothing of it is left afterwards.

    Args:
        programs: folder that `find` returned.

    Yields:
        What DATABASE_URL takes: a database of which the user is a superuser.

    Raises:
        ClusterError: it cannot be made or started.
    """
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder, port, password = Path(name), free_port(), secrets.token_hex(16)
        _create(programs, folder, password)
        _start(programs, folder, port)
        try:
            yield f"postgis://postgres:{password}@{HOST}:{port}/postgres"
        finally:
            _run(programs / "pg_ctl", folder, "stop", "--mode=immediate")


def _create(programs: Path, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if ACCOUNT:
        shutil.chown(folder, ACCOUNT)
    _run(
        programs / "initdb",
        folder,
        "--username=postgres",
        "--auth=scram-sha-256",
        f"--pwfile={secret}",
        "--no-sync",
    )


def _start(programs: Path, folder: Path, port: int) -> None:
    settings = {**SPEED, "listen_addresses": HOST, "port": port, "unix_socket_directories": ""}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    _run(programs / "pg_ctl", folder, "start", f"--options={options}")


def _run(program: Path, folder: Path, *arguments: str) -> None:
    """Run a program on the cluster's data, as an account that PostgreSQL accepts."""
    log = folder / "log"
    # A file: the server keeps the output of what started it open, and a pipe would never end.
    with log.open("a") as output:
        done = subprocess.run(
            [program, f"--pgdata={folder}/data", *arguments],
            user=ACCOUNT,
            group=ACCOUNT,
            extra_groups=[] if ACCOUNT else None,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    if done.returncode:
        raise ClusterError(f"{program} failed:\n{log.read_text().strip()}")
