"""The Django app: what is connected when a project starts."""

import math
import threading
import time

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register
from django.core.management import get_commands
from django.db import close_old_connections, connections, reset_queries
from django.db.backends.signals import connection_created

from channels.binding.base import BindingMetaclass
from channels.checks import check_layers, check_servers, check_sessions
from channels.ordering import start_watch
from channels.signals import consumer_finished, consumer_started, worker_process_ready


class ChannelsConfig(AppConfig):
    """Channels as an installed app."""

    name = "channels"
    verbose_name = "Channels"

    def ready(self) -> None:
        """Registers the checks, treats database connections as requests do, connects bindings."""
        for check in (check_layers, check_servers, check_sessions):
            register(check, "channels")
        consumer_started.connect(_prepare_databases, dispatch_uid="channels.databases")
        consumer_finished.connect(_release_databases, dispatch_uid="channels.databases")
        connection_created.connect(_note_connection, dispatch_uid="channels.databases")
        if any(one.connection for one in connections.all(initialized_only=True)):
            _note_connection()  # another app was ready before, and used the database
        worker_process_ready.connect(start_watch, dispatch_uid="channels.ordering")
        BindingMetaclass.register_all()
        _claim_runserver()


def _claim_runserver() -> None:
    # Of apps with the same command the first in INSTALLED_APPS wins, but in 1.x projects
    # channels stands anywhere. Whoever has a runserver of their own keeps it.
    commands = get_commands()
    if commands["runserver"] == "django.contrib.staticfiles":
        commands["runserver"] = "channels"


class _Databases(threading.local):
    """The database connections of a thread.

    Attributes:
        are_connected: whether there was ever one; before that there is nothing to look at.
        looked_at: when they were last looked at, in seconds of the monotonic clock.
    """

    are_connected = False
    looked_at = -math.inf


_databases = _Databases()
# What was good this long ago, still is.
GOOD_SECONDS = 1.0


def _note_connection(**kwargs: object) -> None:
    _databases.are_connected = True


def _prepare_databases(**kwargs: object) -> None:
    # Queries are only kept in development; asking every connection costs each message.
    if settings.DEBUG:
        reset_queries()
    if _databases.are_connected and time.monotonic() - _databases.looked_at > GOOD_SECONDS:
        close_old_connections()


def _release_databases(**kwargs: object) -> None:
    if _databases.are_connected:
        close_old_connections()
        _databases.looked_at = time.monotonic()
