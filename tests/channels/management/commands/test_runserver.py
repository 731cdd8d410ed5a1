"""Tests of `manage.py runserver`: the whole system in one process."""

import itertools
import json
import signal
import sys
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from channels.management.commands import runserver
from tests.support.ports import free_port
from tests.support.processes import Process, started
from tests.support.visitor import Visitor
from tests.support.waiting import wait_until

PAGES = """
import os
from django.http import HttpResponse
from django.urls import path

def page(request):
    return HttpResponse(f"hello from {os.getpid()}")

def fail(request):
    raise LookupError("a mistake in a view")

urlpatterns = [path("", page), path("fail/", fail)]
"""

ROUTING = """
def echo(message):
    message.reply_channel.send({"text": "you said " + message["text"]})

channel_routing = {"websocket.receive": echo}
"""

SETTINGS = """
SECRET_KEY = "only for tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.staticfiles", "channels"]
ROOT_URLCONF = "pages"
STATIC_URL = "/static/"
DATABASES = {}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "ROUTING": "routing.channel_routing",
        "CONFIG": %s,
    }
}
"""

# Where no Redis listens: without --noworker none is needed.
NOWHERE = {"hosts": [["127.0.0.1", 1]]}


class Server:
    """A project in a folder of its own, and its development server."""

    def __init__(self, folder, *options: str, **config):
        self.folder = folder
        (folder / "pages.py").write_text(PAGES)
        (folder / "routing.py").write_text(ROUTING)
        (folder / "own_settings.py").write_text(SETTINGS % json.dumps({**NOWHERE, **config}))
        self.port = free_port()
        self.visitor = Visitor(f"127.0.0.1:{self.port}")
        self.env = {"DJANGO_SETTINGS_MODULE": "own_settings", "PYTHONPATH": f"{folder}:."}
        self.process = self.command("runserver", f"127.0.0.1:{self.port}", *options)

    def command(self, name: str, *arguments: str) -> Process:
        arguments = ("-m", "django", name, *arguments)
        return Process(name, [sys.executable, *arguments], env=self.env, folder=self.folder)

    def start(self) -> None:
        self.process.start()
        wait_until(self.answers, f"an answer on port {self.port}")

    def stop(self) -> None:
        self.process.stop()

    def answers(self, greeting: str = "hello") -> bool:
        assert self.process.is_running(), self.process.output
        try:
            return greeting in self.visitor.get("/")[1]
        except OSError:
            return False

    def echo(self, text: str) -> str:
        with connect(f"ws://127.0.0.1:{self.port}/", proxy=None) as socket:
            socket.send(text)
            return socket.recv(timeout=30)


@pytest.fixture
def start(tmp_path):
    """Starts servers, and stops them after the test."""
    with ExitStack() as running:
        yield lambda *options: running.enter_context(started(Server(tmp_path, *options)))


def test_views_sockets_and_static_files_work_in_one_process(start):
    server = start("--noreload")
    assert server.visitor.get("/") == (200, f"hello from {server.process.pid}")
    assert server.echo("bees") == "you said bees"
    assert server.visitor.get("/static/channels/js/websocketbridge.js")[0] == 200
    assert server.visitor.get("/nowhere/")[0] == 404
    status, page = server.visitor.get("/fail/")
    assert status == 500
    assert "a mistake in a view" in page
    server.process.wait_for_output("WebSocket CONNECT / [127.0.0.1:")
    server.process.wait_for_output("HTTP GET /nowhere/ 404")
    server.process.signal(signal.SIGTERM)
    assert server.process.wait() == 0
    assert "Exception in thread" not in server.process.output


@pytest.mark.parametrize(
    ("protocol", "action", "status", "line"),
    [
        ("http", "complete", 200, "HTTP GET /page/ 200 [0.12, a-client]"),
        ("http", "complete", 304, "HTTP GET /page/ 304 [0.12, a-client]"),
        ("http", "complete", 404, "HTTP GET /page/ 404 [0.12, a-client]"),
        ("http", "complete", 503, "HTTP GET /page/ 503 [0.12, a-client]"),
        ("websocket", "connecting", None, "WebSocket HANDSHAKING /page/ [a-client]"),
        ("websocket", "connected", None, "WebSocket CONNECT /page/ [a-client]"),
        ("websocket", "disconnected", None, "WebSocket DISCONNECT /page/ [a-client]"),
        ("websocket", "rejected", None, "WebSocket REJECT /page/ [a-client]"),
        ("websocket", "something else", None, None),
        ("gopher", "complete", None, None),
    ],
)
def test_one_line_tells_of_a_request_or_a_socket(capsys, protocol, action, status, line):
    details = {"method": "GET", "path": "/page/", "client": "a-client", "time_taken": 0.1234}
    runserver.Command(no_color=True).log_action(protocol, action, {**details, "status": status})
    written = capsys.readouterr().err
    assert line in written if line else written == ""


def test_changed_code_is_loaded(start):
    server = start()
    pages = server.folder / "pages.py"
    pages.write_text(PAGES.replace("hello", "good day"))
    looks = itertools.count(1)

    def is_new() -> bool:
        if next(looks) % 200 == 0:
            pages.touch()  # a change before the reloader's first look goes unseen
        return server.answers("good day")

    wait_until(is_new, "the new page", seconds=60)
    assert server.echo("bees") == "you said bees"
    server.process.signal(signal.SIGINT)
    server.process.wait()


def test_with_noasgi_it_is_djangos_own(start):
    server = start("--noreload", "--noasgi")
    assert server.visitor.get("/")[0] == 200
    assert "Starting development server" in server.process.output
    assert "Channels" not in server.process.output


def test_with_noworker_others_do_the_work(redis_url, prefix, tmp_path):
    server = Server(tmp_path, "--noreload", "--noworker", hosts=[redis_url], prefix=prefix)
    with started(server.command("runworker")) as worker, started(server):
        assert server.visitor.get("/") == (200, f"hello from {worker.pid}")
        assert server.echo("bees") == "you said bees"


def test_a_port_in_use_is_one_clear_line(start, tmp_path):
    server = start("--noreload")
    second = server.command("runserver", f"127.0.0.1:{server.port}", "--noreload")
    second.name = "second"
    second.log = tmp_path / "second.log"
    with started(second):
        assert second.wait() == 1
    assert "in use" in second.output
    assert "Traceback" not in second.output
