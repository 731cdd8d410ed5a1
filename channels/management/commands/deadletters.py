"""`manage.py deadletters`: messages that killed their workers or were none."""

from __future__ import annotations

import pprint
from collections.abc import Iterable, Iterator, Sequence
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
        """Runs the action, on the servers of the layer that answer; fails if one does not."""
        try:
            layer = channel_layers[options["layer"]]
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if "dead_letters" not in layer.extensions:
            raise CommandError(f"Channel layer {layer} keeps no dead letters.")
        letters = layer.dead_letters
        everything = action == "list" or options["all"]
        try:
            chosen = letters if everything else _chosen(letters, options["ids"])
            getattr(self, f"_{action}")(letters, chosen)
        except LayerUnavailable as error:
            raise CommandError(str(error)) from error

    def _list(self, letters: Any, chosen: Iterable[Any]) -> None:
        count = 0
        try:
            for letter in chosen:
                count += 1
                since = letter.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
                self.stdout.write(f"{letter.id}  {since}  {letter.channel}  {letter.reason}")
        except LayerUnavailable:
            self.stdout.write(f"{count} dead letters on the servers that answer.")
            raise
        self.stdout.write(f"{count} dead letters.")

    def _show(self, letters: Any, chosen: Iterable[Any]) -> None:
        for letter in chosen:
            message = letter.message
            content = letter.data if message is None else message
            self.stdout.write(f"{letter.id}  {letter.channel}  {letter.reason}")
            self.stdout.write(pprint.pformat(content))

    def _requeue(self, letters: Any, chosen: Iterable[Any]) -> None:
        for letter in chosen:
            letters.requeue(letter)
            self.stdout.write(f"Sent {letter.id} to {letter.channel} again.")

    def _purge(self, letters: Any, chosen: Iterable[Any]) -> None:
        for letter in chosen:
            letters.purge(letter)
            self.stdout.write(f"Removed {letter.id}.")


def _chosen(letters: Any, ids: Sequence[str]) -> Iterator[Any]:
    if not ids:
        raise CommandError("Name the ids of dead letters, or --all.")
    # One after the other, before anything happens: together they may be large.
    unknown = [name for name in ids if letters.get(name) is None]
    if unknown:
        raise CommandError(f"No dead letters {', '.join(unknown)}; see the list.")
    return filter(None, map(letters.get, ids))
