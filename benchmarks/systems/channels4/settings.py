"""Settings of the Channels 4 application; BENCH_LAYER chooses the core or the pub/sub layer."""

import os

SECRET_KEY = "benchmark"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["channels"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "hello"

BACKENDS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}
CONFIG = {"hosts": [os.environ["BENCH_REDIS_URL"]], "prefix": os.environ["BENCH_PREFIX"]}
if "BENCH_CAPACITY" in os.environ:
    CONFIG["capacity"] = int(os.environ["BENCH_CAPACITY"])

CHANNEL_LAYERS = {"default": {"BACKEND": BACKENDS[os.environ["BENCH_LAYER"]], "CONFIG": CONFIG}}

ASGI_APPLICATION = "asgi.application"
