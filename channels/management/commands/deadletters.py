"""`manage.py deadletters`: messages that killed their workers or were none."""

from __future__ import annotations

import pprint
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.layers.exceptions import LayerUnavailable


class Command(BaseCommand):
    """Lists, shows, requeues or purges dead letters."""

    help = "Shows messages that no consumer could be given, and puts them back or removes them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the command's options."""
        parser.add_argument("action", choices=["list", "show", "requeue", "purge"])
        parser.add_argument("ids", nargs="*", help="Ids from the list.")
        parser.add_argument("--all", action="store_true", help="All of them, instead of ids.")
        parser.add_argument("--layer", default=DEFAULT_CHANNEL_LAYER, help="Alias of the layer.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Runs the action."""
        try:
            layer = channel_layers[options["layer"]]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if "dead_letters" not in layer.extensions:
            raise CommandError(f"Channel layer {layer} keeps no dead letters.")
        try:
            getattr(self, f"_{action}")(layer.dead_letters, options)
        except LayerUnavailable as error:
            raise CommandError(str(error)) from error

    def _list(self, letters: Any, options: dict[str, Any]) -> None:
        known = list(letters)
        for letter in known:
            since = letter.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            self.stdout.write(f"{letter.id}  {since}  {letter.channel}  {letter.reason}")
        self.stdout.write(f"{len(known)} dead letters.")

    def _show(self, letters: Any, options: dict[str, Any]) -> None:
        for letter in self._chosen(letters, options):
            content = letter.data if letter.message is None else letter.message
            self.stdout.write(f"{letter.id}  {letter.channel}  {letter.reason}")
            self.stdout.write(pprint.pformat(content))

    def _requeue(self, letters: Any, options: dict[str, Any]) -> None:
        for letter in self._chosen(letters, options):
            letters.requeue(letter)
            self.stdout.write(f"Sent {letter.id} to {letter.channel} again.")

    def _purge(self, letters: Any, options: dict[str, Any]) -> None:
        for letter in self._chosen(letters, options):
            letters.purge(letter)
            self.stdout.write(f"Removed {letter.id}.")

    def _chosen(self, letters: Any, options: dict[str, Any]) -> Iterator[Any]:
        ids = options["ids"]
        if not ids and not options["all"]:
            raise CommandError("Name the ids of dead letters, or --all.")
        known = list(letters)
        unknown = set(ids) - {letter.id for letter in known}
        if unknown:
            raise CommandError(f"No dead letters {', '.join(sorted(unknown))}; see the list.")
        yield from (letter for letter in known if options["all"] or letter.id in ids)
