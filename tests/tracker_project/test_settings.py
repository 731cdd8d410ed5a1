import runpy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

import tracker_project

SETTINGS = Path(tracker_project.__file__).with_name("settings.py")
VARIABLES = (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_URL",
    "DEBUG",
    "HSTS_SECONDS",
    "HTTPS",
    "REDIS_URL",
    "TRACKER_LOG_DAYS",
    "TRACKER_REPORTS_AN_HOUR",
    "TRACKER_REVIEW_REPORTS",
    "TRACKER_TILE_ATTRIBUTION",
    "TRACKER_TILE_URL",
)


@pytest.fixture
def load(monkeypatch):
    """Call it with environment variables for the settings they make."""

    def load(**environment: str) -> dict[str, Any]:
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in {"SECRET_KEY": "secret", **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))

    return load


def test_the_channel_layer_is_that_of_the_first_seed(load):
    assert load()["CHANNEL_LAYERS"] == {
        "default": {
            "BACKEND": "asgi_redis.RedisChannelLayer",
            "CONFIG": {"hosts": [("localhost", 6379)]},
            "ROUTING": "tracker_project.routing.channel_routing",
        },
    }


def test_redis_hosts_are_separated_by_commas(load):
    layers = load(REDIS_URL="redis://one:6379/0,redis://two:6379/0")["CHANNEL_LAYERS"]
    assert layers["default"]["CONFIG"]["hosts"] == ["redis://one:6379/0", "redis://two:6379/0"]


def test_a_machine_without_variables_is_for_development(load):
    settings = load()
    assert settings["DEBUG"] is True
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["NAME"].endswith("/db.sqlite3")


def test_an_empty_variable_is_no_variable(load):
    settings = load(DATABASE_URL="", REDIS_URL="", ALLOWED_HOSTS="")
    assert settings["DEBUG"] is True
    assert settings["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert settings["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"] == [("localhost", 6379)]


def test_a_machine_that_names_its_hosts_is_a_deployment(load):
    settings = load(ALLOWED_HOSTS="map.example.org", CSRF_TRUSTED_ORIGINS="https://map.example.org")
    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["map.example.org"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://map.example.org"]
    assert "Hashed" in settings["STORAGES"]["staticfiles"]["BACKEND"]


def test_a_deployment_needs_a_secret_key(load):
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is required when ALLOWED_HOSTS"):
        load(ALLOWED_HOSTS="map.example.org", SECRET_KEY="")


def test_debug_can_be_set(load):
    assert load(DEBUG="0")["DEBUG"] is False


def test_session_keys_in_addresses_are_off(load):
    assert load()["CHANNEL_SESSION_KEY_IN_QUERY"] is False


def test_a_deployment_is_served_over_tls_only(load):
    settings = load(ALLOWED_HOSTS="map.example.org")
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_HSTS_SECONDS"] > 0


def test_a_development_machine_needs_no_tls(load):
    settings = load()
    assert not settings["SECURE_SSL_REDIRECT"]
    assert not settings["SESSION_COOKIE_SECURE"]
    assert settings["SECURE_HSTS_SECONDS"] == 0


def test_no_script_of_a_page_runs_but_those_of_files(load):
    directives = load()["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert directives["default-src"] == ["'self'"]
    assert not any("unsafe-inline" in sources for sources in directives.values())


def test_tiles_are_allowed_where_a_tile_server_is_set(load):
    directives = load(TRACKER_TILE_URL="https://t.example.org/{z}/{x}/{y}.png")[
        "CONTENT_SECURITY_POLICY"
    ]["DIRECTIVES"]
    assert "https://t.example.org" in directives["img-src"]


def test_throttles_of_all_workers_count_together_where_there_is_a_redis(load):
    assert "locmem" in load()["CACHES"]["default"]["BACKEND"]
    caches = load(REDIS_URL="redis://one:6379/0")["CACHES"]
    assert caches["default"]["LOCATION"] == "redis://one:6379/0"
