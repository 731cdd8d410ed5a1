"""A project of which an interface server sees nothing but the layer."""

import json
import os

SECRET_KEY = "only for tests"
INSTALLED_APPS = ["channels"]
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "CONFIG": json.loads(os.environ["VILLAGE_CONFIG"]),
        "ROUTING": "no.interface.server.imports.it",
    },
}
