"""The Django app: what is connected when a project starts."""

import math
import threading
import time

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register
from django.core.management import get_commands
from django.db import close_old_connections, reset_queries

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
        worker_process_ready.connect(start_watch, dispatch_uid="channels.ordering")
        BindingMetaclass.register_all()
        _claim_runserver()


def _claim_runserver() -> None:
    # Of apps with the same command the first in INSTALLED_APPS wins, but in 1.x projects
    # channels stands anywhere. Whoever has a runserver of their own keeps it.
    commands = get_commands()
    if commands["runserver"] == "django.contrib.staticfiles":
        commands["runserver"] = "channels"


# When the thread's connections were last looked at; what was good a second ago, still is.
_looked = threading.local()
GOOD_SECONDS = 1.0


def _prepare_databases(**kwargs: object) -> None:
    # Queries are only kept in development; asking every connection costs each message.
    if settings.DEBUG:
        reset_queries()
    if time.monotonic() - getattr(_looked, "at", -math.inf) > GOOD_SECONDS:
        close_old_connections()


def _release_databases(**kwargs: object) -> None:
    close_old_connections()
    _looked.at = time.monotonic()
