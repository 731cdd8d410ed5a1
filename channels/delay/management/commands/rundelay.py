"""`manage.py rundelay`: the delay server (the contract, section 2)."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.delay.worker import Worker
from channels.log import setup_logger


class Command(BaseCommand):
    """Runs the delay server until it is told to stop."""

    help = "Sends the messages of asgi.delay when they are due. Run as many as you like."
    leave_locale_alone = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the options."""
        parser.add_argument(
            "--layer",
            default=DEFAULT_CHANNEL_LAYER,
            help="Channel layer alias to use, if not the default.",
        )
        parser.add_argument(
            "--sleep",
            type=float,
            default=1,
            help="Amount of time to sleep between checks, in seconds.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the server."""
        if options["layer"] not in channel_layers:
            raise CommandError(
                f"No channel layer {options['layer']!r}; CHANNEL_LAYERS has"
                f" {', '.join(channel_layers.configs)}."
            )
        channel_layer = channel_layers[options["layer"]]
        if channel_layer.local_only():
            raise CommandError(
                "You cannot span multiple processes with the in-memory layer. Set the BACKEND of"
                " CHANNEL_LAYERS to a cross-process layer such as asgi_redis.RedisChannelLayer."
            )
        logger = setup_logger("django.channels", options["verbosity"])
        logger.info("Running delay against channel layer %s", channel_layer)
        Worker(channel_layer, database_sleep_duration=options["sleep"]).run()
