"""Fixtures for the tests of the Redis layer."""

from tests.support.layers import layer_on, make_redis_layer, redis_layer

__all__ = ["layer_on", "make_redis_layer", "redis_layer"]
