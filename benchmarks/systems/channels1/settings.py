"""Settings of the Channels 1.x application; the same for the original stack and for ours."""

import os

SECRET_KEY = "benchmark"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["channels"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "hello"
USE_TZ = True

CONFIG = {"hosts": [os.environ["BENCH_REDIS_URL"]], "prefix": os.environ["BENCH_PREFIX"]}
if "BENCH_CAPACITY" in os.environ:
    CONFIG["capacity"] = int(os.environ["BENCH_CAPACITY"])

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "CONFIG": CONFIG,
        "ROUTING": "routing.channel_routing",
    }
}

if "BENCH_SESSIONS" in os.environ:
    INSTALLED_APPS += ["django.contrib.sessions"]
    SESSION_ENGINE = "django.contrib.sessions.backends." + os.environ["BENCH_SESSIONS"]
    SESSION_FILE_PATH = os.environ["BENCH_FOLDER"]
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(os.environ["BENCH_FOLDER"], "db.sqlite3"),
            "OPTIONS": {"timeout": 30},
        }
    }
