"""Settings of the tracker; the only place that reads the environment.

Without any variable it is a development machine: SQLite, Redis on localhost, local hosts only.
A machine that sets ALLOWED_HOSTS is a deployment: DEBUG is off and SECRET_KEY is required.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from xstatic.pkg import leaflet, leaflet_markercluster

from tracker_project.database import database
from tracker_project.secret_key import local_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

env = environ.Env()
public_hosts = env.list("ALLOWED_HOSTS", default=[])

ALLOWED_HOSTS = public_hosts or LOCAL_HOSTS
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DEBUG = env.bool("DEBUG", default=not public_hosts)

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY and public_hosts:
    raise ImproperlyConfigured(
        "SECRET_KEY is required when ALLOWED_HOSTS is set: give every process the same long random "
        "text, for example from `python -c 'import secrets; print(secrets.token_urlsafe(50))'`."
    )
SECRET_KEY = SECRET_KEY or local_secret_key(BASE_DIR / ".secret-key")

INSTALLED_APPS = [
    "channels",  # before staticfiles: both have a runserver
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tracker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "tracker_project.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tracker.context_processors.tile",
            ],
        },
    },
]

DATABASES = {
    "default": database(
        env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "CONFIG": {
            "hosts": env.list("REDIS_URL", default=[]) or [("localhost", 6379)],
        },
        "ROUTING": "tracker_project.routing.channel_routing",
    },
}

# A session key in an address ends up in logs; True lets clients without cookies use it.
CHANNEL_SESSION_KEY_IN_QUERY = False

LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [
    ("leaflet", leaflet.BASE_DIR),
    ("leaflet.markercluster", leaflet_markercluster.BASE_DIR),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "tracker_project.staticfiles.HashedStaticFilesStorage"
    },
}
# In development files are served where they lie, without collectstatic.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG

# An empty URL leaves the bundled outline of the land as the only base map.
TRACKER_TILE_URL = env.str("TRACKER_TILE_URL", default="")
TRACKER_TILE_ATTRIBUTION = env.str("TRACKER_TILE_ATTRIBUTION", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"level": "INFO"},  # without Django's own handlers
        # The commands would give it one with a format of its own.
        "django.channels": {"handlers": ["console"], "propagate": False},
    },
}
