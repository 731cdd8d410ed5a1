"""Tests of asgi_redis.core: names that settings and imports of 1.x still use."""

import asgi_redis
from asgi_redis import core
from channels.layers.exceptions import UnsupportedServer


def test_the_names_are_those_of_today():
    assert core.RedisChannelLayer is asgi_redis.RedisChannelLayer
    assert core.UnsupportedRedis is UnsupportedServer
