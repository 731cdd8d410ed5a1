"""The test case with real processes; tests/compat runs it as a project does."""

import multiprocessing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from asgi_redis import RedisChannelLayer
from channels.asgi import InvalidChannelLayerError, channel_layers
from channels.routing import route
from channels.test import ChannelLiveServerTestCase
from channels.test.liveserver import DaphneProcess, WorkerProcess
from tests.support.workers import working

SECONDS = 30

MEMORY = {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []}


class Unstartable(DaphneProcess):
    def common_setup(self):
        raise SystemExit(7)


class Case(ChannelLiveServerTestCase):
    ProtocolServerProcess = Unstartable


def greet_and_close(message):
    message.reply_channel.send({"text": "", "close": 1011})


@pytest.fixture
def file_database(monkeypatch, tmp_path):
    """As if every SQLite database of the tests were a file."""
    for connection in connections.all():
        monkeypatch.setattr(connection, "is_in_memory_db", lambda: False, raising=False)


def start(case=Case):
    before = dict(channel_layers.backends)
    try:
        case._pre_setup()
    finally:
        assert channel_layers.backends == before


def test_a_database_in_memory_is_refused_with_what_to_write(monkeypatch):
    for connection in connections.all():
        monkeypatch.setattr(connection, "vendor", "sqlite")
        monkeypatch.setattr(connection, "is_in_memory_db", lambda: True, raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"give 'default' a file, with.*\"TEST\""):
        start()


@pytest.mark.usefixtures("file_database")
class TestLayers:
    def test_a_layer_in_memory_is_refused(self, settings):
        settings.CHANNEL_LAYERS = {"default": {**MEMORY, "TEST_CONFIG": {}}}
        with pytest.raises(ImproperlyConfigured, match=r"set the BACKEND.*asgi_redis"):
            start()

    def test_several_layers_are_refused(self, settings):
        settings.CHANNEL_LAYERS = {"default": MEMORY, "other": MEMORY}
        with pytest.raises(ImproperlyConfigured, match="does not support multiple CHANNEL_LAYERS"):
            start()

    def test_a_layer_without_a_test_config_is_refused(self, settings):
        settings.CHANNEL_LAYERS = {"default": MEMORY}
        with pytest.raises(InvalidChannelLayerError, match="No TEST_CONFIG specified for default"):
            start()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("file_database")
def test_a_process_that_does_not_start_fails_the_test_with_its_exit_code(
    settings, redis_url, prefix
):
    config = {"hosts": [redis_url], "prefix": prefix}
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "asgi_redis.RedisChannelLayer",
            "ROUTING": [],
            "TEST_CONFIG": config,
        }
    }
    with pytest.raises(RuntimeError, match=r"Unstartable did not start \(exit code 7\)"):
        start()
    assert not multiprocessing.active_children()


def test_its_daphne_closes_sockets_as_any_other(redis_url, prefix):
    config = {"hosts": [redis_url], "prefix": prefix}
    backend = "asgi_redis.RedisChannelLayer"
    overridden = {
        "CHANNEL_LAYERS": {"default": {"BACKEND": backend, "ROUTING": [], "TEST_CONFIG": config}}
    }
    context = multiprocessing.get_context("spawn")
    port, ready, layer = context.Value("i"), context.Event(), RedisChannelLayer(**config)
    process = DaphneProcess("127.0.0.1", port, ready, overridden, None, {})
    process.start()
    try:
        assert ready.wait(SECONDS)
        with (
            working(layer, [route("websocket.connect", greet_and_close)]),
            connect(f"ws://127.0.0.1:{port.value}/", proxy=None) as client,
        ):
            assert client.recv(SECONDS) == ""
            with pytest.raises(ConnectionClosed):
                client.recv(SECONDS)
            assert client.close_code == 1011
    finally:
        process.terminate()
        process.join()


def test_the_processes_can_be_replaced():
    assert ChannelLiveServerTestCase.ProtocolServerProcess is DaphneProcess
    assert ChannelLiveServerTestCase.WorkerProcess is WorkerProcess
