"""A small site for the tests that start real processes; it also works as a copy elsewhere."""

import json
import os
from pathlib import Path

SECRET_KEY = "only for tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["channels", "django.contrib.staticfiles"]
ROOT_URLCONF = f"{__package__}.urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).parent / "files"]
DATABASES = {}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": os.environ.get("VILLAGE_BACKEND", "asgi_redis.RedisChannelLayer"),
        "CONFIG": json.loads(os.environ.get("VILLAGE_CONFIG", "{}")),
        "ROUTING": f"{__package__}.routing.channel_routing",
    },
}
