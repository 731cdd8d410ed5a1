"""A deployment as docs/howto/deploy.md makes it, out of the files of deploy/."""

import secrets
import shlex
from pathlib import Path

from tests.support.nginx import HOST, Nginx
from tests.support.ports import free_port
from tests.support.processes import ROOT, Process
from tests.support.stack import WORKERS, Stack, status_of
from tests.support.waiting import wait_until

DEPLOY = ROOT / "deploy"


class Deployment(Stack):
    """nginx in front of two interface servers and two workers, with production settings.

    Attributes:
        url: where a browser finds it that was started with `resolver_rules`.
        nginx, daphnes: its processes besides the workers.
        ports: of the interface servers.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"https://{HOST}"
        static = folder / "static"
        own = {
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "STATIC_ROOT": str(static),
        }
        self._env = {**shipped_settings(), **self._env, **own}
        self.ports = free_port(), free_port()
        self.daphnes = [self._unit("tracker-daphne", str(port)) for port in self.ports]
        self.workers = [self._unit("tracker-worker", str(n + 1)) for n in range(WORKERS)]
        self.nginx = Nginx(folder, self.ports, static)

    @property
    def processes(self) -> list[Process]:
        return [*self.daphnes, *self.workers, self.nginx.process]

    @property
    def resolver_rules(self) -> str:
        """What Chromium's --host-resolver-rules takes, so that it finds the address."""
        places = {80: self.nginx.http, 443: self.nginx.https}
        return ",".join(f"MAP {HOST}:{port} 127.0.0.1:{own}" for port, own in places.items())

    def start(self) -> None:
        """Collect the static files besides."""
        self.command("collectstatic", "--no-input")
        super().start()

    def wait_until_answering(self) -> None:
        """Wait until each interface server has a worker's answer."""
        for port in [*self.ports, self.nginx.http]:
            # Five processes start at once, perhaps beside those of another test.
            wait_until(
                lambda port=port: self._answers(port), f"an answer from port {port}", seconds=90
            )

    def _answers(self, port: int) -> bool:
        return status_of(port, "/healthz", Host=HOST) in (200, 301)

    def _unit(self, name: str, instance: str) -> Process:
        """The program of a systemd unit, with this Python instead of that of /srv/tracker."""
        command = shipped_command(f"{name}@.service").replace("%i", instance)
        program, *arguments = shlex.split(command)
        module = [] if program.endswith("python") else ["-m", Path(program).name]
        return self._python(f"{name}-{instance}", *module, *arguments)


def shipped_settings() -> dict[str, str]:
    """The variables of deploy/environment."""
    lines = (DEPLOY / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def shipped_command(unit: str) -> str:
    """What a systemd unit starts."""
    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    [command] = (line for line in lines if line.startswith("ExecStart="))
    return command.removeprefix("ExecStart=")
