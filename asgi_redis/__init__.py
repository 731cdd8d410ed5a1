"""Channel layers over Redis 7+ or Valkey 7.2+, under the import names of asgi_redis 1.x."""

from asgi_redis.layer import RedisChannelLayer

__all__ = ["RedisChannelLayer"]
