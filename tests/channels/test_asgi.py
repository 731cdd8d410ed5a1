"""Tests of channels.asgi: the layers of CHANNEL_LAYERS."""

import asyncio
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

import channels
from asgi_redis import RedisChannelLayer
from channels.asgi import (
    DEFAULT_CHANNEL_LAYER,
    ChannelLayerManager,
    ChannelLayerWrapper,
    InvalidChannelLayerError,
    channel_layers,
    get_channel_layer,
)
from channels.layers.memory import InMemoryChannelLayer

IN_MEMORY = "channels.layers.memory.InMemoryChannelLayer"


@pytest.fixture
def manager() -> ChannelLayerManager:
    return ChannelLayerManager()


class TestSettings:
    def test_a_layer_is_made_from_its_entry(self, manager, settings):
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": IN_MEMORY, "ROUTING": [], "CONFIG": {"capacity": 7}}
        }
        layer = manager["default"]
        assert isinstance(layer.channel_layer, InMemoryChannelLayer)
        assert layer.capacity == 7
        assert layer.alias == "default"
        assert layer.routing == []

    def test_config_may_be_left_out(self, manager, settings):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": IN_MEMORY, "ROUTING": []}}
        assert manager["default"].capacity == 100

    def test_the_settings_of_the_seed_make_a_redis_layer(self, manager, settings):
        settings.CHANNEL_LAYERS = {
            "default": {
                "BACKEND": "asgi_redis.RedisChannelLayer",
                "CONFIG": {"hosts": [("localhost", 6379)]},
                "ROUTING": "tracker_project.routing.channel_routing",
            }
        }
        layer = manager["default"]
        assert isinstance(layer.channel_layer, RedisChannelLayer)
        assert not layer.local_only()
        assert "websocket.connect" in layer.router.channels

    def test_the_in_memory_layer_of_1_x_is_ours(self, manager, settings):
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": "asgiref.inmemory.ChannelLayer", "ROUTING": []}
        }
        assert isinstance(manager["default"].channel_layer, InMemoryChannelLayer)

    def test_without_settings_there_is_one_layer_in_memory(self, manager, settings):
        del settings.CHANNEL_LAYERS
        layer = manager[DEFAULT_CHANNEL_LAYER]
        assert layer.local_only()
        assert layer.router.channels == set()

    def test_each_alias_has_one_layer(self, manager, settings):
        entry = {"BACKEND": IN_MEMORY, "ROUTING": []}
        settings.CHANNEL_LAYERS = {"default": entry, "other": entry}
        assert manager["default"] is manager["default"]
        assert manager["default"] is not manager["other"]
        assert "other" in manager
        assert "missing" not in manager

    def test_threads_that_ask_at_the_same_time_get_the_same_layer(self, manager, monkeypatch):
        together = threading.Barrier(4, timeout=30)
        make = manager.make_backend

        def make_slowly(name):
            time.sleep(0.02)
            return make(name)

        def ask(_):
            together.wait()
            return manager["default"]

        monkeypatch.setattr(manager, "make_backend", make_slowly)
        with ThreadPoolExecutor(4) as pool:
            assert len({id(layer) for layer in pool.map(ask, range(4))}) == 1

    def test_another_layer_can_be_put_behind_an_alias(self, manager):
        old = manager["default"]
        new = ChannelLayerWrapper(InMemoryChannelLayer(), "default", [])
        assert manager.set("default", new) is old
        assert manager["default"] is new

    def test_tests_have_a_config_of_their_own(self, manager, settings):
        settings.CHANNEL_LAYERS = {
            "default": {
                "BACKEND": IN_MEMORY,
                "ROUTING": [],
                "CONFIG": {"capacity": 7},
                "TEST_CONFIG": {"capacity": 3},
            }
        }
        assert manager.make_backend("default").capacity == 7
        assert manager.make_test_backend("default").capacity == 3


class TestMistakes:
    @pytest.mark.parametrize(
        ("entry", "complaint"),
        [
            ({"ROUTING": []}, "No BACKEND specified for default"),
            ({"BACKEND": IN_MEMORY}, "No ROUTING specified for default"),
            ({"BACKEND": "no.such.Layer", "ROUTING": []}, r"Cannot import BACKEND 'no\.such\.La"),
            ({"BACKEND": "nodots", "ROUTING": []}, "Cannot import BACKEND 'nodots'"),
            ({"BACKEND": None, "ROUTING": []}, "for default must be the dotted path .*not None"),
            ({"BACKEND": [IN_MEMORY], "ROUTING": []}, "must be the dotted path of a class, not"),
            (IN_MEMORY, f"'default' must be a dict with BACKEND and ROUTING, not '{IN_MEMORY}'"),
            (None, "must be a dict with BACKEND and ROUTING, not None"),
        ],
    )
    def test_an_entry_that_cannot_work_is_explained(self, manager, settings, entry, complaint):
        settings.CHANNEL_LAYERS = {"default": entry}
        with pytest.raises(InvalidChannelLayerError, match=complaint):
            manager["default"]

    def test_an_unknown_alias_is_told_the_known_ones(self, manager):
        with pytest.raises(ImproperlyConfigured, match=r"'missing'; CHANNEL_LAYERS has default"):
            manager["missing"]

    def test_a_test_layer_needs_a_test_config(self, manager):
        with pytest.raises(ValueError, match="No TEST_CONFIG specified for default"):
            manager.make_test_backend("default")

    def test_a_routing_that_does_not_import_is_no_mistake_until_it_is_needed(
        self, manager, settings
    ):
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": IN_MEMORY, "ROUTING": "no.such.routing"}}
        layer = manager["default"]
        layer.send("test", {})
        with pytest.raises(ImproperlyConfigured, match=r"no\.such\.routing"):
            layer.router  # noqa: B018


class TestWrapper:
    def test_it_is_the_layer_for_those_who_use_it(self):
        inner = InMemoryChannelLayer()
        layer = ChannelLayerWrapper(inner, "default", [])
        layer.send("test", {"value": 1})
        assert inner.receive(["test"]) == ("test", {"value": 1})
        assert layer.ChannelFull is inner.ChannelFull
        with pytest.raises(AttributeError, match="nonsense"):
            layer.nonsense  # noqa: B018

    def test_it_shows_alias_and_backend(self):
        layer = ChannelLayerWrapper(InMemoryChannelLayer(), "default", [])
        assert str(layer) == f"default ({IN_MEMORY})"

    def test_it_is_an_asgi_application(self):
        layer = ChannelLayerWrapper(InMemoryChannelLayer(), "default", [])
        events = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        sent = []

        async def receive():
            return next(events)

        async def send(event):
            sent.append(event["type"])

        asyncio.run(layer({"type": "lifespan"}, receive, send))
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


class TestGetChannelLayer:
    def test_it_gives_the_layer_of_the_alias(self):
        assert get_channel_layer() is channel_layers["default"]
        with pytest.raises(InvalidChannelLayerError):
            get_channel_layer("missing")

    @pytest.mark.parametrize(
        ("layer", "lines"),
        [(InMemoryChannelLayer(), ["where no worker answers"]), (RedisChannelLayer(), [])],
    )
    def test_daphne_says_when_no_worker_can_answer(self, monkeypatch, caplog, layer, lines):
        prepared = []
        monkeypatch.setitem(sys.modules, "daphne.cli", sys)
        monkeypatch.setattr("channels.interface.daphne.prepare", prepared.append)
        wrapper = ChannelLayerWrapper(layer, "default", [])
        monkeypatch.setitem(channel_layers.backends, "default", wrapper)
        assert get_channel_layer() is wrapper
        assert prepared == [wrapper]
        assert len(caplog.messages) == len(lines)
        assert all(line in caplog.text for line in lines)

    def test_no_reactor_is_needed_by_those_who_are_not_daphne(self):
        assert "daphne.cli" not in sys.modules
        get_channel_layer()


def test_the_package_has_the_names_of_1_x():
    assert channels.__all__ == [
        "DEFAULT_CHANNEL_LAYER",
        "Channel",
        "Group",
        "channel_layers",
        "include",
        "route",
        "route_class",
    ]
    assert all(hasattr(channels, name) for name in channels.__all__)
