"""Channel layers over Redis 7+ or Valkey 7.2+, under the import names of asgi_redis 1.x."""

from asgi_redis.layer import RedisChannelLayer
from asgi_redis.local import RedisLocalChannelLayer
from asgi_redis.sentinel import RedisSentinelChannelLayer

__all__ = ["RedisChannelLayer", "RedisLocalChannelLayer", "RedisSentinelChannelLayer"]
