"""A project of the time of Channels 1.1.8, with the names that Django has changed since."""

import os

SECRET_KEY = "not a secret"
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "project.urls"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "channels.delay",
    "chat",
    "liveblog",
    "echo",
    "longpoll",
    "jobs",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE_NAME"],
        "TEST": {"NAME": os.environ["DATABASE_NAME"] + ".test"},
        "OPTIONS": {"timeout": 30},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

REDIS_HOSTS = [os.environ.get("REDIS_URL", "redis://localhost:6379")]
PREFIX = os.environ.get("REDIS_PREFIX", "compat:")

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "ROUTING": "project.routing.channel_routing",
        "CONFIG": {"hosts": REDIS_HOSTS, "prefix": PREFIX},
        "TEST_CONFIG": {"hosts": REDIS_HOSTS, "prefix": PREFIX + "test:"},
    },
}

USE_TZ = True
