"""Fixtures: channel layers of every kind, each with keys of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from asgi_redis import RedisChannelLayer
from channels.layers.base import BaseChannelLayer
from channels.layers.memory import InMemoryChannelLayer
from tests.support.valkey import ValkeyServer

KINDS = ("memory", "redis", "shards", "encrypted")

MakeLayer = Callable[..., Any]


def databases(url: str, count: int) -> list[str]:
    """Return URLs of several databases of one server."""
    server = urlsplit(url)._replace(path="").geturl()
    return [f"{server}/{number}" for number in range(count)]


def new_layer(kind: str, url: str, prefix: str, **options: Any) -> BaseChannelLayer:
    """Return a layer; several of one kind with one prefix share their channels, as processes do."""
    if kind == "memory":
        return InMemoryChannelLayer(**options)
    hosts = databases(url, 3) if kind == "shards" else [url]
    if kind == "encrypted":
        options.setdefault("symmetric_encryption_keys", ["new key", b"old key"])
    return RedisChannelLayer(hosts=hosts, prefix=prefix, stats_prefix=f"{prefix}meta:", **options)


@pytest.fixture
def make_redis_layer(redis_url: str, prefix: str) -> Iterator[MakeLayer]:
    """Makes layers over Redis that share this test's channels; their keys are gone afterwards."""
    made: list[RedisChannelLayer] = []

    def make(kind: str = "redis", **options: Any) -> Any:
        made.append(new_layer(kind, redis_url, prefix, **options))
        return made[-1]

    yield make
    for layer in made:
        layer.flush()
        for node in layer.nodes:
            node.close()


@pytest.fixture
def layer_on() -> Iterator[MakeLayer]:
    """Makes layers on servers of the test's own, which nobody needs to tidy up."""
    made: list[RedisChannelLayer] = []

    def make(*servers: ValkeyServer, **options: Any) -> RedisChannelLayer:
        made.append(RedisChannelLayer(**{"hosts": [server.url for server in servers], **options}))
        return made[-1]

    yield make
    for layer in made:
        for node in layer.nodes:
            node.close()


def maker_of(request: pytest.FixtureRequest) -> MakeLayer:
    """Return what makes layers of the kind that a fixture is parametrised with."""
    if request.param == "memory":
        return InMemoryChannelLayer
    make = request.getfixturevalue("make_redis_layer")
    return lambda **options: make(request.param, **options)


@pytest.fixture(params=KINDS)
def make_layer(request: pytest.FixtureRequest) -> MakeLayer:
    """Makes layers with the options given: in memory, on Redis, on three shards, encrypted."""
    return maker_of(request)


@pytest.fixture
def layer(make_layer: MakeLayer) -> Any:
    """A layer of every kind with the settings that nobody has changed."""
    return make_layer()


@pytest.fixture
def redis_layer(make_redis_layer: MakeLayer) -> Any:
    """A layer on one Redis server."""
    return make_redis_layer()
