"""Fixtures for the interface server: the two ways in which a layer can be near or far."""

from typing import Any

import pytest

from channels.layers.memory import InMemoryChannelLayer
from tests.support.daphne import Daphne
from tests.support.layers import MakeLayer
from tests.support.ports import free_port
from tests.support.processes import started


@pytest.fixture(params=["memory", "redis"])
def make_layer(request: pytest.FixtureRequest) -> MakeLayer:
    """Makes layers with the options given: in memory, or on Redis."""
    if request.param == "memory":
        return InMemoryChannelLayer
    return request.getfixturevalue("make_redis_layer")


@pytest.fixture
def memory_layer() -> Any:
    """A layer in memory, for what does not depend on the layer."""
    return InMemoryChannelLayer()


@pytest.fixture(scope="module")
def daphne(tmp_path_factory, redis_url):
    folder = tmp_path_factory.mktemp("daphne")
    with started(Daphne(folder, redis_url, f"daphne-{free_port()}:")) as daphne:
        yield daphne


@pytest.fixture(scope="module")
def wrapped(tmp_path_factory, redis_url):
    """A Daphne whose layer is below a middleware, beside another application."""
    folder = tmp_path_factory.mktemp("wrapped")
    application = "wrapped:application"
    with started(
        Daphne(folder, redis_url, f"wrapped-{free_port()}:", application=application)
    ) as daphne:
        yield daphne
