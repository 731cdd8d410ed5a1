"""Servers of every kind that `hosts` may name, and some that cannot serve."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from asgi_redis import RedisChannelLayer
from channels.layers.exceptions import LayerUnavailable
from tests.faults.rig import Rig, Sender
from tests.support.certificates import make_certificate
from tests.support.ports import free_port
from tests.support.processes import started
from tests.support.sentinels import find_redis
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

FLOW_SECONDS = 15
OLD_INFO = b"# Server\r\nredis_version:6.2.14\r\n"


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[str]:
    """The URL of a server that is reached over TLS only, with a certificate of nobody's."""
    certificate, key = make_certificate(tmp_path, "localhost")
    port = free_port()
    server = ValkeyServer(
        tmp_path,
        *("--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", str(certificate), "--tls-key-file", str(key)),
        *("--tls-ca-cert-file", str(certificate)),
        program=find_redis(),
    )
    with started(server):
        yield f"rediss://localhost:{port}/0"


@pytest.fixture
def local(tmp_path: Path) -> Iterator[str]:
    """The URL of a server's Unix socket."""
    path = tmp_path / "socket"
    with started(ValkeyServer(tmp_path, "--unixsocket", str(path))):
        yield f"unix://{path}?db=1"


def check_all_work(folder: Path, url: str) -> None:
    """An interface server, a worker and a process that sends work together over the server."""
    with (
        Rig(folder, {"hosts": [url]}, servers=1, workers=1, sockets=2) as rig,
        started(Sender(rig.layer)) as sender,
    ):
        rig.check_all_well(sender, FLOW_SECONDS)


def test_all_work_over_tls_with_a_certificate_that_the_url_names(
    tmp_path: Path, encrypted: str
) -> None:
    check_all_work(tmp_path, f"{encrypted}?ssl_ca_certs={tmp_path / 'certificate.pem'}")


def test_a_certificate_that_nobody_vouches_for_is_refused_and_named(encrypted: str) -> None:
    layer = RedisChannelLayer(hosts=[encrypted])
    with pytest.raises(LayerUnavailable, match="certificate verify failed"):
        layer.ping()
    layer.nodes[0].close()


def test_all_work_over_a_unix_socket(tmp_path: Path, local: str) -> None:
    check_all_work(tmp_path, local)


class OldRedis(socketserver.StreamRequestHandler):
    """Says that it is a version that is too old, and to everything else yes."""

    def handle(self) -> None:
        while (header := self.rfile.readline()).startswith(b"*"):
            words = [self._read_word() for _ in range(int(header[1:]))]
            if words[0].upper() == b"INFO":
                self.wfile.write(b"$%d\r\n%s\r\n" % (len(OLD_INFO), OLD_INFO))
            else:
                self.wfile.write(b"+OK\r\n")

    def _read_word(self) -> bytes:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2]


@pytest.fixture
def old_server() -> Iterator[int]:
    """The port of a server that is too old."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), OldRedis) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_server_that_is_too_old_is_named_and_nothing_is_served(
    tmp_path: Path, old_server: int
) -> None:
    url = f"redis://127.0.0.1:{old_server}/0"
    rig = Rig(tmp_path, {"hosts": [url]}, servers=1, workers=1)
    [server], [worker] = rig.servers, rig.workers
    try:
        server.start()
        worker.start()
        assert worker.wait() == 1  # its checks find it before it starts
        wait_until(lambda: rig.answers() == [503], "the interface server")
        for output in (server.output, worker.output):
            assert f"Redis at {url} is version 6.2.14, but this layer needs Redis 7.0" in output
    finally:
        rig.stop()
