"""Fixtures for the interface server: the two ways in which a layer can be near or far."""

from typing import Any

import pytest

from channels.layers.memory import InMemoryChannelLayer
from tests.support.layers import MakeLayer


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
