"""Fixtures for the tests of the Redis layer."""

from collections.abc import Iterator

import pytest

from tests.support.layers import layer_on, make_redis_layer, redis_layer
from tests.support.proxy import Proxy
from tests.support.valkey import ValkeyServer

__all__ = ["layer_on", "make_redis_layer", "redis_layer"]


@pytest.fixture
def proxy(valkey: ValkeyServer) -> Iterator[Proxy]:
    """A way to the test's own server that can be cut."""
    proxy = Proxy(valkey.port)
    yield proxy
    proxy.close()
