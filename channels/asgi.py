"""The channel layers of the project, made from CHANNEL_LAYERS on first use."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from channels.layers.base import BaseChannelLayer
from channels.routing import Router
from channels.utils import name_that_thing

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

DEFAULT_CHANNEL_LAYER = "default"

# What a project without CHANNEL_LAYERS gets: everything in one process, Django's views only.
IN_MEMORY_BACKEND = "channels.layers.memory.InMemoryChannelLayer"
IMPLICIT_CONFIGS: dict[str, dict[str, Any]] = {
    DEFAULT_CHANNEL_LAYER: {"BACKEND": IN_MEMORY_BACKEND, "ROUTING": []}
}

# The in-memory layer of Channels 1.x, which asgiref has long dropped.
BACKEND_ALIASES = {"asgiref.inmemory.ChannelLayer": IN_MEMORY_BACKEND}


class InvalidChannelLayerError(ImproperlyConfigured, ValueError):
    """An entry of CHANNEL_LAYERS that no layer can be made from."""


class ChannelLayerWrapper:
    """A channel layer with what Django knows about it; an ASGI 3 application besides.

    Everything of the layer itself is reached through the wrapper.

    Attributes:
        channel_layer: the layer itself.
        alias: its key in CHANNEL_LAYERS.
        routing: the ROUTING setting, as given.
    """

    def __init__(self, channel_layer: BaseChannelLayer, alias: str, routing: Any) -> None:
        self.channel_layer = channel_layer
        self.alias = alias
        self.routing = routing

    @cached_property
    def router(self) -> Router:
        """The routing, imported on first use: interface servers never ask for it."""
        return Router(self.routing)

    @cached_property
    def interface(self) -> InterfaceServer:
        """The ASGI 3 side, made on first use: workers never serve connections."""
        # Imported here because it brings the server's libraries with it.
        from channels.interface.server import InterfaceServer

        return InterfaceServer(self.channel_layer)

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serves one connection of an ASGI 3 server over this layer."""
        await self.interface(scope, receive, send)

    def local_only(self) -> bool:
        """Returns whether the layer serves this one process only."""
        return bool(getattr(self.channel_layer, "single_process", False))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel_layer, name)

    def __str__(self) -> str:
        return f"{self.alias} ({name_that_thing(self.channel_layer)})"


class ChannelLayerManager:
    """CHANNEL_LAYERS by alias, each layer made when it is first asked for.

    Asking for one raises InvalidChannelLayerError if there is no such alias, or its entry names no
    layer, and TypeError or ValueError if the layer cannot be made from its CONFIG.
    """

    def __init__(self) -> None:
        self.backends: dict[str, ChannelLayerWrapper] = {}
        self._making = threading.Lock()

    @property
    def configs(self) -> Mapping[str, Mapping[str, Any]]:
        """The CHANNEL_LAYERS setting."""
        return getattr(settings, "CHANNEL_LAYERS", IMPLICIT_CONFIGS) or IMPLICIT_CONFIGS

    def make_backend(self, name: str) -> ChannelLayerWrapper:
        """Returns a new layer for the alias, made from its CONFIG."""
        return self._make_backend(name, self._config(name).get("CONFIG", {}))

    def make_test_backend(self, name: str) -> ChannelLayerWrapper:
        """Returns a new layer for the alias, made from its TEST_CONFIG."""
        config = self._config(name)
        if "TEST_CONFIG" not in config:
            raise InvalidChannelLayerError(f"No TEST_CONFIG specified for {name}")
        return self._make_backend(name, config["TEST_CONFIG"])

    def set(self, key: str, layer: ChannelLayerWrapper) -> ChannelLayerWrapper | None:
        """Puts another layer behind an alias, as tests do; returns the one it replaces."""
        old = self.backends.get(key)
        self.backends[key] = layer
        return old

    def __getitem__(self, key: str) -> ChannelLayerWrapper:
        if key not in self.backends:
            with self._making:  # two threads with a layer each would never meet
                if key not in self.backends:
                    self.backends[key] = self.make_backend(key)
        return self.backends[key]

    def __contains__(self, key: str) -> bool:
        return key in self.configs

    def _config(self, name: str) -> Mapping[str, Any]:
        try:
            config = self.configs[name]
        except KeyError:
            raise InvalidChannelLayerError(
                f"No channel layer {name!r}; CHANNEL_LAYERS has {', '.join(self.configs)}."
            ) from None
        if not isinstance(config, Mapping):
            raise InvalidChannelLayerError(
                f"The entry {name!r} must be a dict with BACKEND and ROUTING, not {config!r}."
            )
        return config

    def _make_backend(self, name: str, options: Mapping[str, Any]) -> ChannelLayerWrapper:
        config = self._config(name)
        for required in ("BACKEND", "ROUTING"):
            if required not in config:
                raise InvalidChannelLayerError(f"No {required} specified for {name}")
        path = config["BACKEND"]
        if not isinstance(path, str):
            raise InvalidChannelLayerError(
                f"BACKEND specified for {name} must be the dotted path of a class, not {path!r}."
            )
        path = BACKEND_ALIASES.get(path, path)
        try:
            backend_class = import_string(path)
        except ImportError as error:
            raise InvalidChannelLayerError(
                f"Cannot import BACKEND {path!r} specified for {name}: {error}"
            ) from error
        return ChannelLayerWrapper(backend_class(**options), alias=name, routing=config["ROUTING"])


channel_layers = ChannelLayerManager()


def get_channel_layer(alias: str = DEFAULT_CHANNEL_LAYER) -> ChannelLayerWrapper:
    """Returns the channel layer for `asgi.py`: what Daphne serves.

    Reads the settings and nothing else of the project, so an interface server goes on
    unchanged when the application behind the workers is deployed anew.

    Arguments:
        alias: its key in CHANNEL_LAYERS.

    Raises:
        InvalidChannelLayerError: there is no such alias, or its entry names no layer.
        TypeError: its CONFIG has arguments that the layer does not know.
        ValueError: its CONFIG has a value that cannot work.
    """
    layer = channel_layers[alias]
    if "daphne.cli" in sys.modules:
        # Only the daphne command serves what asgi.py holds, and only then is this needed.
        from channels.interface import daphne

        daphne.prepare(layer)
        if layer.local_only():
            logger.warning(
                "Channel layer %s lives in this process, where no worker answers. Set BACKEND in"
                " CHANNEL_LAYERS to asgi_redis.RedisChannelLayer, or use runserver, which has"
                " workers of its own.",
                layer,
            )
    return layer
