"""The module where asgi_redis 1.x kept its layer; settings and `except` clauses name it."""

from asgi_redis.layer import RedisChannelLayer
from channels.layers.exceptions import UnsupportedServer as UnsupportedRedis

__all__ = ["RedisChannelLayer", "UnsupportedRedis"]
