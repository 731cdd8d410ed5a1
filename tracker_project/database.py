"""The DATABASE_URL setting as Django's DATABASES takes it."""

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

POSTGRESQL_SCHEMES = ("postgis", "postgres", "postgresql")

# Workers and threads write at the same time: readers never wait, and a transaction takes the
# write lock when it begins instead of failing with "database is locked" in its middle.
SQLITE_OPTIONS = {
    "init_command": "PRAGMA journal_mode=WAL",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}


def database(url: str) -> dict[str, Any]:
    """Return the entry of DATABASES for a URL; what follows its `?` goes into OPTIONS.

    Raises:
        ImproperlyConfigured: the tracker does not run on such a database.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        config = environ.Env.db_url_config(url)
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
    elif scheme in POSTGRESQL_SCHEMES:
        # django-environ would take GeoDjango's backend, which needs GDAL, for postgis://.
        config = environ.Env.db_url_config(url, engine="django.db.backends.postgresql")
        config["CONN_HEALTH_CHECKS"] = True
    else:
        raise ImproperlyConfigured(
            f"DATABASE_URL starts with {scheme!r}; the tracker runs on sqlite:///file.sqlite3 "
            "or on PostgreSQL with PostGIS, postgis://user:password@host:port/name."
        )
    return {**config, "CONN_MAX_AGE": 60}
