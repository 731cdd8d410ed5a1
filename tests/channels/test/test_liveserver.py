"""The test case with real processes; tests/compat runs it as a project does."""

import multiprocessing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from channels.asgi import InvalidChannelLayerError, channel_layers
from channels.test import ChannelLiveServerTestCase
from channels.test.liveserver import DaphneProcess, WorkerProcess

MEMORY = {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []}


class Unstartable(DaphneProcess):
    def common_setup(self):
        raise SystemExit(7)


class Case(ChannelLiveServerTestCase):
    ProtocolServerProcess = Unstartable


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


def test_the_processes_can_be_replaced():
    assert ChannelLiveServerTestCase.ProtocolServerProcess is DaphneProcess
    assert ChannelLiveServerTestCase.WorkerProcess is WorkerProcess
