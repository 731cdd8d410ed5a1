"""Prepare a site, start its Procfile, say where the page is, and stop everything on Ctrl-C."""

import http.client
import os
import signal
import subprocess
import sys
import time

from support import environment
from support.environment import SetupError
from support.ports import HOST, free_port, is_free
from support.site import Site

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(site: Site) -> int:
    """Run until stopped; return the exit status for the shell."""
    try:
        port = _page_port()
        environment.prepare(site.requirements)
        login = _load_data(site)
    except SetupError as error:
        print(f"{site.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return _serve(site, port, login)


def _page_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SetupError(f"PORT={text} is not a port; give a number from 1 to 65535")
    if not is_free(int(text)):
        raise SetupError(f"port {text} is in use; stop what uses it, or choose another: PORT=8001")
    return int(text)


def _load_data(site: Site) -> str:
    """Bring the database up to date; return the lines that say how to log in."""
    _manage(site, "migrate", "--no-input", "--verbosity", "0")
    return _manage(site, "loaddemo").strip()


def _manage(site: Site, *arguments: str) -> str:
    command = [environment.PYTHON, "manage.py", *arguments]
    variables = environment.variables(**site.variables)
    done = subprocess.run(
        command, cwd=environment.ROOT, env=variables, capture_output=True, text=True
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SetupError(f"manage.py {arguments[0]} failed: {reason}")
    return done.stdout


def _serve(site: Site, port: int, login: str) -> int:
    """Run the Procfile until a signal or the end of one of its processes."""
    honcho = subprocess.Popen(
        _honcho(site),
        cwd=environment.ROOT,
        env=environment.variables(
            PORT=str(port), PYTHONUNBUFFERED="1", **site.variables, **_embedded_valkey()
        ),
        start_new_session=True,  # the terminal's Ctrl-C reaches it once, through the handler below
    )
    for number in SIGNALS:
        signal.signal(number, lambda *_: honcho.terminate())
    _announce(honcho, site, port, login)
    return honcho.wait()


def _honcho(site: Site) -> list[str]:
    processes = [*site.processes, *([] if os.environ.get("REDIS_URL") else ["valkey"])]
    # Without a .env file: honcho alone would read it, the commands that ran before it did not.
    options = ["--concurrency", "worker=2", "--env", os.devnull]
    procfile = ["--procfile", site.procfile, "--app-root", str(environment.ROOT)]
    return [str(environment.PYTHON), "-m", "honcho", *procfile, "start", *options, *processes]


def _embedded_valkey() -> dict[str, str]:
    """Return the variables that tell the embedded Valkey and its users where it listens."""
    if os.environ.get("REDIS_URL"):
        return {}
    port = os.environ.get("VALKEY_PORT") or (6379 if is_free(6379) else free_port())
    return {"VALKEY_PORT": str(port), "REDIS_URL": f"redis://{HOST}:{port}/0"}


def _announce(honcho: subprocess.Popen[bytes], site: Site, port: int, login: str) -> None:
    """Wait until the page answers, unless the processes end first."""
    while honcho.poll() is None:
        if _answers(port):
            text = f"{site.name} at http://{HOST}:{port}/\n{login}\nCtrl-C stops everything."
            print(f"\n{text}\n", flush=True)
            return
        time.sleep(0.2)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
