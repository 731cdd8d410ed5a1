"""nginx as deploy/ ships it, on ports and files of the tests' own."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.certificates import make_certificate
from tests.support.ports import free_port
from tests.support.processes import ROOT, Process
from tests.support.programs import missing

SHIPPED = ROOT / "deploy/nginx/tracker.conf"
HOST = "map.example.org"
CERTIFICATES = f"/etc/letsencrypt/live/{HOST}"

# What nginx.conf of a distribution has around the files of conf.d.
MAIN = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/tracker.conf;
}}
"""


def find() -> str:
    """Return the path of nginx; without one, skip the test, or fail it where CI is set."""
    # People who are not root often have no sbin in their path.
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("nginx", "the tests behind it", "Install it with `apt install nginx-light`.")
    return program


class Nginx:
    """The shipped configuration with other ports and paths, and a certificate of its own.

    Args:
        folder: for its files.
        upstreams: ports of the two interface servers.
        static: folder of the static files.

    Attributes:
        http, https: its ports.
        certificate: what clients have to trust, for `map.example.org`.
        process: for what a test wants to do to it.
    """

    def __init__(self, folder: Path, upstreams: Sequence[int], static: Path) -> None:
        self.http, self.https = free_port(), free_port()
        self.certificate, key = make_certificate(folder, HOST)
        first, second = upstreams
        changes = {
            "127.0.0.1:8001": f"127.0.0.1:{first}",
            "127.0.0.1:8002": f"127.0.0.1:{second}",
            "listen 80;": f"listen 127.0.0.1:{self.http};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.https} ssl;",
            "listen [::]:443 ssl;": "",
            f"{CERTIFICATES}/fullchain.pem": str(self.certificate),
            f"{CERTIFICATES}/privkey.pem": str(key),
            "/srv/tracker/staticfiles/": f"{static}/",
        }
        (folder / "tracker.conf").write_text(_changed(SHIPPED.read_text(), changes))
        # Its processes read the folder of the tests, which only their owner may.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        command = [find(), "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
        self.process = Process("nginx", command, env={}, folder=folder)


def _changed(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, f"{SHIPPED} has no {old!r}"
        text = text.replace(old, new)
    return text
