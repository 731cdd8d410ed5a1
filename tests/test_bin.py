"""bin/up as a new user runs it, in a copy of the project; bin/test on tests of this file's own."""

import ast
import os
import shutil
import signal
import site
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import ROOT, Process
from tests.support.programs import missing
from tests.support.waiting import wait_until

SCRIPTS = ("bin/up", "bin/test", "bin/examples")
COPIED = ("bin", "asgi_redis", "channels", "tracker", "tracker_project")
COPIED_FILES = ("Procfile", "manage.py", "requirements.txt")
SERVER_PROCESSES = 4  # Valkey, Daphne and two workers

# Notes the database of each run, and fails in the first.
TEST = """
import os
from pathlib import Path

import psycopg

def test_database():
    url = os.environ["DATABASE_URL"]
    with Path("databases").open("a") as file:
        file.write(url + "\\n")
    if url:
        psycopg.connect(url.replace("postgis:", "postgresql:")).close()
    assert Path("databases").read_text().count("\\n") > 1
"""

# Notes the process of each test.
TESTS = """
import os
from pathlib import Path

import pytest

@pytest.mark.parametrize("number", range(4))
def test_process(number):
    with Path("processes").open("a") as file:
        file.write(__name__ + " " + os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""
TWO_AT_ONCE = "from support import check; sys.exit(check._run('pytest', *check.TWO_AT_ONCE))"

WITHOUT_POSTGRESQL = "from support import postgresql; postgresql.find = lambda: None"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that has never been started."""
    for name in COPIED:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in COPIED_FILES:
        shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def prepared(project: Path) -> Path:
    """A copy with a virtual environment in which the packages of this one are found."""
    link_packages(project)
    return project


def link_packages(project: Path) -> None:
    """Make a virtual environment in which the packages of this one are found."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", ".venv"], cwd=project, check=True
    )
    [packages] = (project / ".venv").glob("lib/python*/site-packages")
    (packages / "packages.pth").write_text("\n".join(site.getsitepackages()))


@pytest.fixture
def up(prepared: Path) -> Iterator[Process]:
    """bin/up on a free port, not yet started."""
    env = {
        "PORT": str(free_port()),
        "VALKEY_PORT": str(free_port()),  # 6379 may look free to two of them at once
        "TRACKER_TEST": uuid.uuid4().hex,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REDIS_URL": "",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "tracker_project.settings",
    }
    process = Process("up", [sys.executable, "bin/up"], env=env, folder=prepared, cwd=prepared)
    yield process
    process.stop()


@pytest.fixture
def checked(tmp_path: Path) -> Path:
    """A project of which bin/test checks a single test."""
    shutil.copytree(ROOT / "bin", tmp_path / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "requirements-dev.txt").touch()
    for folder in ("tracker", "tracker_project"):
        (tmp_path / "tests" / folder).mkdir(parents=True)
    (tmp_path / "tests/tracker/test_database.py").write_text(TEST)
    link_packages(tmp_path)
    return tmp_path


def run(project: Path, code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in the project, with bin/ as the scripts there see it."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, 'bin'); {code}"],
        cwd=project,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )


def run_script(project: Path, script: str, before: str = "pass", **env: str) -> str:
    """Run a script that has to fail, after some code, and return its only line of output."""
    done = run(project, f"import runpy; {before}; runpy.run_path({script!r})", **env)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    return line


def processes_of(up: Process) -> list[int]:
    """Return the ids of all processes that were started by bin/up, whoever their parent is."""
    marker = f"TRACKER_TEST={up.env['TRACKER_TEST']}".encode()
    return [
        int(folder.name)
        for folder in Path("/proc").iterdir()
        if folder.name.isdecimal() and marker in environment_of(folder)
    ]


def environment_of(folder: Path) -> bytes:
    try:
        return (folder / "environ").read_bytes()
    except OSError:  # it has just ended, or belongs to somebody else
        return b""


def tutorial_login() -> str:
    """Return the log-in that the first page of the tutorial tells."""
    lines = (ROOT / "docs/tutorial/first-steps.md").read_text().splitlines()
    return next(line for line in lines if line.startswith("Demo data is loaded."))


def command_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_up_starts_everything_and_leaves_nothing_behind(up, stop):
    up.start()
    wait_until(lambda: "Log in as" in up.output or not up.is_running(), "the log-in", seconds=120)
    assert f"http://127.0.0.1:{up.env['PORT']}/" in up.output
    assert tutorial_login() in up.output
    connection = HTTPConnection("127.0.0.1", int(up.env["PORT"]), timeout=30)
    connection.request("GET", "/report/")
    assert connection.getresponse().status == 200
    connection.close()
    commands = [command_of(process) for process in processes_of(up)]
    assert len(commands) > SERVER_PROCESSES
    assert [command for command in commands if command.startswith(("/bin/sh", "sh "))] == []

    up.signal(stop)

    up.wait(60)
    assert processes_of(up) == []


def test_up_says_which_port_is_in_use(project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        line = run_script(project, "bin/up", PORT=str(port))
    assert line.startswith(f"bin/up: port {port} is in use")


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_up_refuses_a_port_that_is_none(project, port):
    assert f"PORT={port} is not a port" in run_script(project, "bin/up", PORT=port)


@pytest.mark.parametrize("script", SCRIPTS)
def test_old_python_gets_one_line(project, script):
    ast.parse((project / script).read_text(), feature_version=(3, 4))
    line = run_script(project, script, before="sys.version_info = (3, 9, 1)")
    assert line == f"{script}: Python 3.10 or newer is needed; this is 3.9"


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_python_without_venv_gets_one_line(project, module):
    line = run_script(project, "bin/up", before=f"sys.modules[{module!r}] = None")
    assert f"has no {module} module" in line
    assert "apt install python3-venv" in line


def test_no_package_index_gets_one_line(prepared):
    (prepared / "requirements.txt").write_text("a-package-that-is-not-installed==1.0\n")
    index = {"PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/simple", "PIP_RETRIES": "1"}
    alone = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": ""}

    line = run_script(prepared, "bin/up", PORT=str(free_port()), **index, **alone)

    assert line.startswith("bin/up: requirements.txt could not be installed: no package index")


def test_environment_behind_a_link_is_not_cleared(project, tmp_path_factory):
    precious = tmp_path_factory.mktemp("environment") / "file"
    precious.touch()
    (project / ".venv").symlink_to(precious.parent)

    line = run_script(project, "bin/up", PORT=str(free_port()))

    assert "remove the link" in line
    assert precious.exists()


def test_requirements_are_installed_again_only_when_they_change(prepared):
    prepare = "from support import environment; environment.prepare('requirements.txt')"
    assert "Installing" in run(prepared, prepare).stdout
    assert "Installing" not in run(prepared, prepare).stdout

    with (prepared / "requirements.txt").open("a") as file:
        file.write("# changed\n")

    assert "Installing" in run(prepared, prepare).stdout


def test_two_valkeys_never_share_their_data(prepared):
    data = prepared / "var" / "valkey"
    data.mkdir(parents=True)
    hold = "import fcntl, os; fd = os.open('var/valkey/lock', os.O_CREAT | os.O_RDWR); "
    done = run(
        prepared,
        f"{hold}fcntl.flock(fd, fcntl.LOCK_EX); import subprocess; "
        "sys.exit(subprocess.run([sys.executable, 'bin/support/embedded_valkey.py']).returncode)",
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Another Valkey already uses {data}")


def bin_test(checked: Path, before: str = "pass", **env: str) -> str:
    """Run bin/test after some code and return what it says at last."""
    env = {"CI": "", "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "", **env}
    done = run(checked, f"import runpy; {before}; runpy.run_path('bin/test')", **env)
    return (done.stdout + done.stderr).strip()


def databases(checked: Path) -> list[str]:
    """Return the kind of database that each run of the test had; none is SQLite."""
    urls = (checked / "databases").read_text().splitlines()
    return [url.partition(":")[0] for url in urls]


def test_tests_of_the_tracker_run_on_postgresql_too(checked):
    said = bin_test(checked)
    if databases(checked) == [""]:
        advice = "Install it with `apt install postgresql-15-postgis-3`."
        missing("PostgreSQL with PostGIS", "the tests of the tracker on it", advice)
    assert databases(checked) == ["", "postgis"]
    assert "1 passed" in said
    assert "pytest on PostgreSQL" not in said.splitlines()[-1]


def test_all_tests_of_a_file_run_in_one_process(checked):
    for name in ("test_one.py", "test_two.py"):
        (checked / "tests" / name).write_text(TESTS)
    (checked / "tests/tracker/test_database.py").unlink()

    assert run(checked, TWO_AT_ONCE, DJANGO_SETTINGS_MODULE="").returncode == 0

    done = (checked / "processes").read_text().splitlines()
    assert len(done) == 8
    assert len(set(done)) == 2


def test_what_fails_in_ci_runs_once_more(checked):
    said = bin_test(checked, WITHOUT_POSTGRESQL, CI="1")
    assert databases(checked) == ["", ""]
    assert "pytest," not in said.splitlines()[-1]


@pytest.mark.parametrize("ci", ["", "true"])
def test_want_of_postgresql_is_said_and_fails_ci(checked, ci):
    said = bin_test(checked, WITHOUT_POSTGRESQL, CI=ci)
    assert "apt install postgresql-15-postgis-3" in said
    assert ("pytest on PostgreSQL" in said.splitlines()[-1]) == bool(ci)
