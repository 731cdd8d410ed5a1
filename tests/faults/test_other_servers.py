"""The interface server under a server that is not Daphne: what ASGI has is enough."""

import json
import sys
from http.client import HTTPConnection

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from asgi_redis import RedisChannelLayer
from tests.faults.project.routing import GROUP
from tests.support.ports import free_port
from tests.support.processes import Process, started
from tests.support.waiting import wait_until

SECONDS = 30


class Uvicorn:
    """A Uvicorn that runs the project of the rig, and a worker of it.

    Args:
        folder: for logs and the diary of the consumers.
        url: of Redis.
        prefix: of its keys.
    """

    def __init__(self, folder, url, prefix):
        config = {"hosts": [url], "prefix": prefix, "stats_prefix": f"{prefix}meta:"}
        self.port = free_port()
        self.layer = RedisChannelLayer(**config)
        self.diary = folder / "diary"
        env = {
            "DJANGO_SETTINGS_MODULE": "tests.faults.project.settings",
            "RIG_BACKEND": "asgi_redis.RedisChannelLayer",
            "RIG_CONFIG": json.dumps(config),
            "RIG_DIARY": str(self.diary),
        }
        options = ["--port", str(self.port), "--ws", "websockets"]
        application = "tests.faults.project.asgi:channel_layer"
        self.server, self.worker = (
            Process(name, [sys.executable, "-m", *command], env=env, folder=folder)
            for name, command in (
                ("uvicorn", ["uvicorn", *options, application]),
                ("worker", ["django", "runworker"]),
            )
        )

    def start(self):
        self.server.start()
        self.worker.start()
        self.server.wait_for_output("Uvicorn running on")

    def stop(self):
        self.server.stop()  # while there is a worker, who takes its goodbyes
        self.worker.stop()
        self.layer.flush()
        self.layer.nodes[0].close()

    def socket(self, path="/"):
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None)

    def disconnects(self):
        """The codes of the disconnects that were consumed, in order."""
        lines = self.diary.read_text().splitlines() if self.diary.exists() else []
        return [int(line.split()[1]) for line in lines if line.startswith("disconnected ")]


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory, redis_url):
    folder = tmp_path_factory.mktemp("uvicorn")
    with started(Uvicorn(folder, redis_url, f"uvicorn-{free_port()}:")) as uvicorn:
        yield uvicorn


def test_a_request_is_answered(uvicorn):
    connection = HTTPConnection("127.0.0.1", uvicorn.port, timeout=SECONDS)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"ok")
    connection.close()


def test_a_large_body_comes_and_goes_in_parts(uvicorn):
    connection = HTTPConnection("127.0.0.1", uvicorn.port, timeout=SECONDS)
    connection.request("POST", "/upload/", bytes(3_000_000))
    assert connection.getresponse().read() == b"3000000"
    connection.request("GET", "/download/?size=3000000")
    assert connection.getresponse().read() == bytes(3_000_000)
    connection.close()


def test_frames_come_back_in_order_empty_ones_too(uvicorn):
    frames = ["one", "", b"two", b"", "three"]
    with uvicorn.socket("/alone") as client:
        for frame in frames:
            client.send(frame)
        assert [client.recv(SECONDS) for _ in frames] == frames


def test_a_group_is_sent_to_and_its_socket_is_out_of_it_when_it_has_left(uvicorn):
    with uvicorn.socket() as client:
        client.send("in the group by now")
        assert client.recv(SECONDS) == "in the group by now"
        for frame in ({"text": "to all"}, {"bytes": b""}):
            uvicorn.layer.send_group(GROUP, frame)
        assert [client.recv(SECONDS) for _ in range(2)] == ["to all", b""]
        client.close(4321)
    wait_until(lambda: 4321 in uvicorn.disconnects(), "its disconnect")
    wait_until(lambda: not uvicorn.layer.group_channels(GROUP), "the group to be empty")


def test_an_application_closes_a_socket_with_a_code_of_its_own(uvicorn):
    with uvicorn.socket("/alone") as client:
        client.send("name")
        uvicorn.layer.send(client.recv(SECONDS), {"text": "bye", "close": 4000})
        assert client.recv(SECONDS) == "bye"
        with pytest.raises(ConnectionClosed):
            client.recv(SECONDS)
        assert client.close_code == 4000
