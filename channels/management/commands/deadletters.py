"""`manage.py deadletters`: messages that killed their workers or were none."""

from __future__ import annotations

import pprint
from collections.abc import Iterable, Sequence
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
        everything = action == "list" or options["all"]
        try:
            known, away = _known(layer.dead_letters)
            chosen = known if everything else _chosen(known, away, options["ids"])
            getattr(self, f"_{action}")(layer.dead_letters, chosen)
            if away and everything:
                raise away
        except LayerUnavailable as error:
            raise CommandError(str(error)) from error

    def _list(self, letters: Any, known: Sequence[Any]) -> None:
        for letter in known:
            since = letter.since.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            self.stdout.write(f"{letter.id}  {since}  {letter.channel}  {letter.reason}")
        self.stdout.write(f"{len(known)} dead letters.")

    def _show(self, letters: Any, chosen: Sequence[Any]) -> None:
        for letter in chosen:
            content = letter.data if letter.message is None else letter.message
            self.stdout.write(f"{letter.id}  {letter.channel}  {letter.reason}")
            self.stdout.write(pprint.pformat(content))

    def _requeue(self, letters: Any, chosen: Sequence[Any]) -> None:
        for letter in chosen:
            letters.requeue(letter)
            self.stdout.write(f"Sent {letter.id} to {letter.channel} again.")

    def _purge(self, letters: Any, chosen: Sequence[Any]) -> None:
        for letter in chosen:
            letters.purge(letter)
            self.stdout.write(f"Removed {letter.id}.")


def _known(letters: Iterable[Any]) -> tuple[list[Any], LayerUnavailable | None]:
    """Returns the letters on the servers that answer, and what is wrong with one that does not."""
    known = []
    try:
        for letter in letters:
            known.append(letter)
    except LayerUnavailable as error:
        if not known:
            raise
        return known, error
    return known, None


def _chosen(
    known: Sequence[Any], away: LayerUnavailable | None, ids: Sequence[str]
) -> Sequence[Any]:
    if not ids:
        raise CommandError("Name the ids of dead letters, or --all.")
    unknown = set(ids) - {letter.id for letter in known}
    if unknown and away:
        raise away  # they may be there
    if unknown:
        raise CommandError(f"No dead letters {', '.join(sorted(unknown))}; see the list.")
    return [letter for letter in known if letter.id in ids]
