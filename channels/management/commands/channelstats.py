"""`manage.py channelstats`: how busy the layer is."""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from channels.asgi import DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper, channel_layers
from channels.layers.exceptions import LayerUnavailable

WATCH_SECONDS = 2.0


class Command(BaseCommand):
    """Prints the statistics of a layer and of its channels."""

    help = "Prints the counts of a channel layer, and what waits on each of its channels."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the command's options."""
        parser.add_argument("--layer", default=DEFAULT_CHANNEL_LAYER, help="Alias of the layer.")
        parser.add_argument(
            "--watch", action="store_true", help="Prints them again every two seconds."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints once, or until it is interrupted."""
        try:
            layer = channel_layers[options["layer"]]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if "statistics" not in layer.extensions:
            raise CommandError(f"Channel layer {layer} keeps no statistics.")
        layer.router.check_default(http_consumer=_nobody)
        try:
            self._print(layer)
            while options["watch"]:
                time.sleep(WATCH_SECONDS)
                self._print(layer)
        except LayerUnavailable as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            return

    def _print(self, layer: ChannelLayerWrapper) -> None:
        counts = layer.global_statistics()
        self.stdout.write("  ".join(f"{name} {value}" for name, value in sorted(counts.items())))
        self.stdout.write(f"{'channel':40} {'sent':>10} {'full':>8} {'waiting':>8} {'oldest':>8}")
        for channel in sorted(layer.router.channels):
            one = layer.channel_statistics(channel)
            self.stdout.write(
                f"{channel:40} {one['messages_count']:10} {one['channel_full_count']:8}"
                f" {one['messages_pending']:8} {one['messages_max_age']:7.1f}s"
            )


def _nobody(message: Any) -> None:
    """Stands in for the view handler: only the channels' names are needed here."""
