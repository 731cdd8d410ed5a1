"""Tests of channels.checks: settings that cannot work, before they do not."""

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from channels.checks import check_layers, check_servers, check_sessions
from tests.support.ports import free_port

MEMORY = "channels.layers.memory.InMemoryChannelLayer"
REDIS = "asgi_redis.RedisChannelLayer"
SHARED_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://localhost:1",
    }
}


def layers(**config):
    """The setting with one layer."""
    return {"default": {"BACKEND": REDIS, "ROUTING": [], **config}}


def check(setting, settings, *, debug=False):
    settings.CHANNEL_LAYERS = setting
    settings.DEBUG = debug
    return check_layers()


class TestLayers:
    def test_good_settings_pass(self, settings):
        assert check(layers(CONFIG={"hosts": ["redis://localhost:1"]}), settings) == []

    def test_no_setting_is_one_too(self, settings):
        del settings.CHANNEL_LAYERS
        assert check_layers() == []

    @pytest.mark.parametrize(
        ("setting", "number", "words"),
        [
            ([], "E001", "must be a dict"),
            ({"default": {"BACKEND": MEMORY}}, "E002", "No ROUTING specified for default"),
            ({"default": {"ROUTING": []}}, "E002", "No BACKEND specified for default"),
            (layers(BACKEND="no.such.Layer"), "E002", "no.such.Layer"),
            (layers(BACKEND=None), "E002", "BACKEND specified for default"),
            ({"default": REDIS}, "E002", "must be a dict with BACKEND and ROUTING"),
            (layers(CONFIG={"hosts": "redis://a:1"}), "E003", "hosts must be a list"),
            (layers(CONFIG={"nonsense": 1}), "E003", "nonsense"),
            (layers(CONFIG={"expiry": "60"}), "E003", "expiry must be a number"),
            (layers(ROUTING="no.such.routing"), "E004", "no.such"),
            (layers(ROUTING=[("websocket.connect", print)]), "E004", "not ('websocket.connect',"),
        ],
    )
    def test_mistakes_are_errors(self, settings, setting, number, words):
        [message] = check(setting, settings)
        assert message.id == f"channels.{number}"
        assert words in message.msg

    @pytest.mark.parametrize(("debug", "ids"), [(True, []), (False, ["channels.W003"])])
    def test_a_layer_in_memory_is_for_development(self, settings, debug, ids):
        found = check(layers(BACKEND=MEMORY), settings, debug=debug)
        assert [message.id for message in found] == ids

    def test_every_layer_is_looked_at(self, settings):
        setting = {"one": {"BACKEND": REDIS}, "two": {"ROUTING": []}}
        assert [message.id for message in check(setting, settings)] == ["channels.E002"] * 2


class TestSessions:
    @pytest.mark.parametrize(
        ("engine", "installed", "ids"),
        [
            ("signed_cookies", True, ["channels.W001"]),
            ("db", False, ["channels.W002"]),
            ("cached_db", False, ["channels.W002"]),
            ("db", True, []),
            ("cache", False, []),
            ("file", False, []),
        ],
    )
    def test_consumers_need_sessions_that_are_kept_on_the_server(
        self, settings, engine, installed, ids
    ):
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        apps = [*settings.INSTALLED_APPS, "django.contrib.sessions"]
        if not installed:
            apps = ["channels"]
        settings.CACHES = SHARED_CACHE
        with override_settings(INSTALLED_APPS=list(dict.fromkeys(apps))):
            assert [message.id for message in check_sessions()] == ids

    def test_consumers_may_have_an_engine_of_their_own(self, settings):
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
        settings.CHANNEL_SESSION_ENGINE = "django.contrib.sessions.backends.file"
        assert check_sessions() == []

    @pytest.mark.parametrize(
        ("engine", "debug", "ids"),
        [
            ("cache", False, ["channels.W004"]),
            ("cached_db", False, ["channels.W004"]),
            ("db", False, []),
            ("cache", True, []),
        ],
    )
    def test_workers_do_not_share_a_cache_in_memory(self, settings, engine, debug, ids):
        settings.CHANNEL_SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
        settings.CACHES = {
            "default": SHARED_CACHE["default"],
            "sessions": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        }
        settings.SESSION_CACHE_ALIAS = "sessions"
        settings.DEBUG = debug
        assert [message.id for message in check_sessions()] == ids
        settings.SESSION_CACHE_ALIAS = "default"
        assert check_sessions() == []


class TestServers:
    def test_one_that_answers_is_fine(self, settings, redis_url):
        settings.CHANNEL_LAYERS = layers(CONFIG={"hosts": [redis_url]})
        assert check_servers() == []

    def test_one_that_is_away_is_no_mistake_in_the_settings(self, settings):
        settings.CHANNEL_LAYERS = layers(CONFIG={"hosts": [f"redis://127.0.0.1:{free_port()}"]})
        assert check_servers() == []

    def test_one_that_is_too_old_is_an_error(self, settings, redis_url, monkeypatch):
        monkeypatch.setattr("asgi_redis.errors.MINIMUM_VERSION", (99, 0))
        settings.CHANNEL_LAYERS = layers(CONFIG={"hosts": [redis_url]})
        [message] = check_servers()
        assert message.id == "channels.E005"
        assert "Redis at" in message.msg

    def test_a_server_that_wants_another_password_is_an_error(self, settings, valkey):
        settings.CHANNEL_LAYERS = layers(CONFIG={"hosts": [valkey.url]})
        with valkey.client() as client:
            client.config_set("requirepass", "another")
        [message] = check_servers()
        assert message.id == "channels.E006"
        assert "put it into the hosts URL" in message.msg

    def test_settings_that_make_no_layer_are_left_to_the_other_check(self, settings):
        settings.CHANNEL_LAYERS = layers(BACKEND="no.such.Layer")
        assert check_servers() == []
        found = run_checks(tags=["channels"])
        assert [message.id for message in found] == ["channels.E002"]
