"""System checks: CHANNEL_LAYERS that cannot work (`manage.py check`)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from channels.asgi import channel_layers
from channels.layers.exceptions import AccessDenied, LayerUnavailable, UnsupportedServer

logger = logging.getLogger(__name__)

CACHE_ENGINES = (
    "django.contrib.sessions.backends.cache",
    "django.contrib.sessions.backends.cached_db",
)


def check_layers(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Returns what is wrong with each entry of CHANNEL_LAYERS."""
    configs = getattr(settings, "CHANNEL_LAYERS", {})
    if not isinstance(configs, dict):
        return [Error("CHANNEL_LAYERS must be a dict of aliases.", id="channels.E001")]
    return [message for alias in configs for message in _check_layer(alias)]


def check_sessions(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Returns whether the sessions that consumers may ask for can be stored."""
    engine = getattr(settings, "CHANNEL_SESSION_ENGINE", settings.SESSION_ENGINE)
    return [*_check_engine(engine), *_check_session_cache(engine)]


def check_servers(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Returns which servers behind the layers are too old or locked; one away is no setting."""
    return [message for alias in channel_layers.configs for message in _check_server(alias)]


def _check_engine(engine: str) -> Iterator[CheckMessage]:
    if engine == "django.contrib.sessions.backends.signed_cookies":
        yield Warning(
            f"Channel sessions cannot be kept by {engine}: a message has no cookie to set.",
            hint="Set CHANNEL_SESSION_ENGINE to 'django.contrib.sessions.backends.cache' or"
            " another engine that stores on the server, if consumers use channel_session.",
            id="channels.W001",
        )
    uses_database = engine.startswith("django.contrib.sessions.backends.") and "db" in engine
    if uses_database and not apps.is_installed("django.contrib.sessions"):
        yield Warning(
            f"Sessions are kept by {engine}, but the sessions app is not installed.",
            hint="Add 'django.contrib.sessions' to INSTALLED_APPS, or choose another engine.",
            id="channels.W002",
        )


def _check_session_cache(engine: str) -> Iterator[CheckMessage]:
    cache = settings.CACHES.get(settings.SESSION_CACHE_ALIAS, {}).get("BACKEND")
    in_memory = cache == "django.core.cache.backends.locmem.LocMemCache"
    if engine in CACHE_ENGINES and in_memory and not settings.DEBUG:
        yield Warning(
            f"Channel sessions are kept by {engine} in a cache that lives in the memory of one"
            " process: another worker does not find them, or finds old ones.",
            hint="Set CHANNEL_SESSION_ENGINE to 'django.contrib.sessions.backends.db', or the"
            " cache in CACHES to one that processes share, such as RedisCache.",
            id="channels.W004",
        )


def _check_layer(alias: str) -> Iterator[CheckMessage]:
    try:
        layer = channel_layers.make_backend(alias)
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="See CHANNEL_LAYERS in the settings.", id="channels.E002")
        return
    except (TypeError, ValueError) as error:
        yield Error(
            f"The CONFIG of channel layer {alias!r} cannot be used: {error}", id="channels.E003"
        )
        return
    try:
        layer.router  # noqa: B018  it is imported by being asked for
    except (ImproperlyConfigured, TypeError, ValueError) as error:
        yield Error(
            f"The ROUTING of channel layer {alias!r} cannot be used: {error}", id="channels.E004"
        )
    if layer.local_only() and not settings.DEBUG:
        yield Warning(
            f"Channel layer {alias!r} lives in the memory of one process: runworker cannot use it.",
            hint="Set BACKEND to 'asgi_redis.RedisChannelLayer' in production.",
            id="channels.W003",
        )


def _check_server(alias: str) -> Iterator[CheckMessage]:
    try:
        channel_layers.make_backend(alias).ping()
    except UnsupportedServer as error:
        yield Error(f"Channel layer {alias!r}: {error}", id="channels.E005")
    except AccessDenied as error:
        yield Error(f"Channel layer {alias!r}: {error}", id="channels.E006")
    except LayerUnavailable as error:
        logger.info("Could not ask the server of channel layer %s: %s", alias, error)
    except (ImproperlyConfigured, TypeError, ValueError):
        return  # check_layers tells
