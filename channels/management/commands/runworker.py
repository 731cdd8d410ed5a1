"""`manage.py runworker`: one worker process."""

from __future__ import annotations

import gc
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.db import leave_connections_to_consumers
from channels.log import setup_logger
from channels.message import Message
from channels.signals import worker_process_ready
from channels.staticfiles import StaticFilesConsumer
from channels.worker import Worker, WorkerGroup


class Command(BaseCommand):
    """Runs consumers until SIGTERM or SIGINT; start as many as the load needs."""

    help = "Runs one worker process, which takes messages and runs their consumers."
    leave_locale_alone = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the command's options."""
        parser.add_argument(
            "--layer",
            default=DEFAULT_CHANNEL_LAYER,
            help="Alias in CHANNEL_LAYERS of the layer to work for.",
        )
        parser.add_argument(
            "--threads", type=int, default=1, help="How many consumers run at the same time."
        )
        parser.add_argument(
            "--only-channels",
            action="append",
            metavar="GLOB",
            help="Takes messages of these channels only; may be given several times.",
        )
        parser.add_argument(
            "--exclude-channels",
            action="append",
            metavar="GLOB",
            help="Takes no messages of these channels; may be given several times.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the worker."""
        self.logger = setup_logger("django.channels", options["verbosity"])
        if options["layer"] not in channel_layers:
            raise CommandError(
                f"No channel layer {options['layer']!r}; CHANNEL_LAYERS has"
                f" {', '.join(channel_layers.configs)}."
            )
        layer = channel_layers[options["layer"]]
        if layer.local_only():
            raise CommandError(
                "You cannot span multiple processes with the in-memory layer. Change"
                " CHANNEL_LAYERS to asgi_redis.RedisChannelLayer, or use runserver, which has"
                " workers of its own."
            )
        layer.router.check_default(http_consumer=self._http_consumer())
        worker = self._make_worker(layer, options)
        if not worker.apply_channel_filters(layer.router.channels):
            raise CommandError(
                "--only-channels and --exclude-channels leave no channel of"
                f" {', '.join(sorted(layer.router.channels))}."
            )
        self.logger.info("Running worker against channel layer %s", layer)
        leave_connections_to_consumers()
        worker_process_ready.send(sender=worker)
        worker.ready()
        # What is loaded by now stays, so the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        worker.run()

    def _http_consumer(self) -> StaticFilesConsumer | None:
        serves_static = settings.DEBUG and apps.is_installed("django.contrib.staticfiles")
        return StaticFilesConsumer() if serves_static else None

    def _make_worker(self, layer: Any, options: dict[str, Any]) -> Worker:
        arguments: dict[str, Any] = {
            "channel_layer": layer,
            "callback": self.consumer_called if options["verbosity"] > 1 else None,
            "only_channels": options["only_channels"],
            "exclude_channels": options["exclude_channels"],
        }
        if options["threads"] > 1:
            self.logger.info("Using multi-threaded worker, %d threads.", options["threads"])
            return WorkerGroup(n_threads=options["threads"], **arguments)
        self.logger.info("Using single-threaded worker.")
        return Worker(**arguments)

    def consumer_called(self, channel: str, message: Message) -> None:
        """Called before each consumer where `-v 2` or more is given; logs the channel."""
        self.logger.debug("%s", channel)
