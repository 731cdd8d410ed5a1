"""Settings of the tracker; the only place that reads the environment.

Without any variable it is a development machine: SQLite, Redis on localhost, local hosts only.
A machine that sets ALLOWED_HOSTS is a deployment: DEBUG is off and SECRET_KEY is required.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from xstatic.pkg import leaflet, leaflet_markercluster

from tracker_project import sentinel
from tracker_project.csp import tile_origins
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
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "tracker",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tracker.actors.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
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
                "tracker.context_processors.inbox",
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

redis_urls = env.list("REDIS_URL", default=[])
behind_sentinels = any(url.startswith(sentinel.SCHEME) for url in redis_urls)

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "asgi_redis.RedisChannelLayer",
        "CONFIG": {
            "hosts": redis_urls or [("localhost", 6379)],
        },
        "ROUTING": "tracker_project.routing.channel_routing",
    },
}
if behind_sentinels:
    CHANNEL_LAYERS["default"] |= sentinel.sentinel_layer(redis_urls)

# How often each open socket is checked: sessions that expired, memberships that got lost.
CHANNELS_KEEPALIVE_SECONDS = 300

# A session key in an address ends up in logs; True lets clients without cookies use it.
CHANNEL_SESSION_KEY_IN_QUERY = False

# Throttles count here. Without REDIS_URL, or behind sentinels, each process counts for itself.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis_urls[0],
    }
    if redis_urls and not behind_sentinels
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # counts failed log-ins in the database
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "tracker.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "tracker.origin.origin_of"
AXES_VERBOSE = False

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

# Where pages come over TLS: everywhere but on a development machine.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The proxy in front ends TLS and sets this header on every request; see docs/howto/deploy.md.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS

# An empty URL leaves the bundled outline of the land as the only base map.
TRACKER_TILE_URL = env.str("TRACKER_TILE_URL", default="")
TRACKER_TILE_ATTRIBUTION = env.str("TRACKER_TILE_ATTRIBUTION", default="")
# Whether reports of the public await a review before they are shown.
TRACKER_REVIEW_REPORTS = env.bool("TRACKER_REVIEW_REPORTS", default=False)
# How many days the log of changes is kept; 0 for ever.
TRACKER_LOG_DAYS = env.int("TRACKER_LOG_DAYS", default=0)
# How many reports are taken from one address within an hour.
TRACKER_REPORTS_AN_HOUR = env.int("TRACKER_REPORTS_AN_HOUR", default=20)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *tile_origins(TRACKER_TILE_URL)],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tracker.api.authentication.TokenAuthentication",  # first: it says what a 401 asks for
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tracker.api.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tracker.api.views.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "NUM_PROXIES": 0,  # the interface server has read X-Forwarded-For, where it may be believed
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "1200/min", "token": "10/min"},
    "EXCEPTION_HANDLER": "tracker.api.problems.handle",
    "UNICODE_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Incident tracker",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
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
