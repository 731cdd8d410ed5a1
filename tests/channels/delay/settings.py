"""A project with a delay server, for its processes."""

import os

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["channels", "channels.delay"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE_NAME"],
        "OPTIONS": {"timeout": 30},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "ROUTING": [],
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "capacity": 1000},
    },
    "local": {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []},
}
USE_TZ = True
