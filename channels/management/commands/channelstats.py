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
        """Prints once, or until it is interrupted; fails if a server of the layer is away."""
        try:
            layer = channel_layers[options["layer"]]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if "statistics" not in layer.extensions:
            raise CommandError(f"Channel layer {layer} keeps no statistics.")
        layer.router.check_default(http_consumer=_nobody)
        try:
            self._watch(layer) if options["watch"] else self._print(layer)
        except LayerUnavailable as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            return

    def _watch(self, layer: ChannelLayerWrapper) -> None:
        while True:
            try:
                self._print(layer)
            except LayerUnavailable as error:
                self.stderr.write(str(error))
            time.sleep(WATCH_SECONDS)

    def _print(self, layer: ChannelLayerWrapper) -> None:
        """Prints what can be known; raises LayerUnavailable afterwards if that is not all."""
        found = layer.survey(layer.router.channels)
        if found.total:
            self._print_found(found)
        failures = dict.fromkeys(map(str, [*found.away.values(), *found.unknown.values()]))
        if failures:
            raise LayerUnavailable("; ".join(failures))

    def _print_found(self, found: Any) -> None:
        counts = (f"{name} {value}" for name, value in sorted(found.total.items()))
        self.stdout.write("  ".join(counts))
        self.stdout.write(f"{'channel':40} {'sent':>10} {'full':>8} {'waiting':>8} {'oldest':>8}")
        for channel in sorted({**found.channels, **found.unknown}):
            if channel in found.channels:
                self._print_channel(channel, found.channels[channel])
            else:
                self.stdout.write(f"{channel:40} {'not known':>37}")

    def _print_channel(self, channel: str, counts: dict[str, Any]) -> None:
        self.stdout.write(
            f"{channel:40} {counts['messages_count']:10} {counts['channel_full_count']:8}"
            f" {counts['messages_pending']:8} {counts['messages_max_age']:7.1f}s"
        )


def _nobody(message: Any) -> None:
    """Stands in for the view handler: only the channels' names are needed here."""
