"""Settings of the examples: one Django project for all of them, and the tracker beside them.

    DJANGO_SETTINGS_MODULE=examples.settings ./manage.py migrate

It is for your own machine: DEBUG is on, and only local addresses are answered.
"""

from pathlib import Path

import environ
from xstatic.pkg import leaflet, leaflet_markercluster

BASE_DIR = Path(__file__).resolve().parent

env = environ.Env()
# The database and the uploaded pictures.
DATA_DIR = Path(env.str("EXAMPLES_DATA", default=str(BASE_DIR.parent / "var" / "examples")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = True
SECRET_KEY = "django-insecure: known to everybody, so keep the examples on your own machine"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "channels",  # before staticfiles: both have a runserver
    "channels.delay",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "examples.common",
    "examples.hello",
    "examples.notices",
    "examples.chat",
    "examples.userfeed",
    "examples.game",
    "examples.tasks",
    "examples.django_websocket",
    "examples.sockets",
    "examples.sensors",
    "rest_framework",
    "tracker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tracker.actors.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "examples.urls"
WEBSOCKET_URLCONF = "examples.websocket_urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "examples.common.nicks.nick",
                "tracker.context_processors.tile",
                "tracker.context_processors.inbox",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "db.sqlite3",
        # Workers write at the same time: they wait for each other when a transaction begins.
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "examples:"},
        "ROUTING": "examples.routing.channel_routing",
    },
}
# Sockets say that they are still there; `common/presence.py` lives on it.
CHANNELS_KEEPALIVE_SECONDS = env.float("KEEPALIVE_SECONDS", default=5)
# What `userfeed` offers in its handshake.
CHANNELS_WS_PROTOCOLS = ["userfeed"]

# Sockets with ordered messages read and write a session for every frame: not in SQLite.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"

# Where `manage.py runudp` listens for the datagrams of sensors.
UDP_PORT = env.int("UDP_PORT", default=5005)

# The tracker as it comes: see tracker_project/settings.py.
TRACKER_TILE_URL = TRACKER_TILE_ATTRIBUTION = ""
TRACKER_REVIEW_REPORTS = False
TRACKER_REPORTS_AN_HOUR = 20
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tracker.api.views.Pages",
    "DEFAULT_THROTTLE_RATES": {"token": "10/min"},
    "EXCEPTION_HANDLER": "tracker.api.problems.handle",
}

LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "index"
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [
    ("leaflet", leaflet.BASE_DIR),
    ("leaflet.markercluster", leaflet_markercluster.BASE_DIR),
]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
# Of one request; `tasks` takes pictures.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django": {"level": "INFO"}},  # without Django's own handlers
}
