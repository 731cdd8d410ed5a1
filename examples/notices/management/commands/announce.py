"""`manage.py announce "Back in five minutes"`: a message to every room, or to some."""

from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandParser

from examples.notices.consumers import announce
from examples.notices.models import Clients


class Command(BaseCommand):
    help = "Sends a message to everyone in some rooms, or in all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message")
        parser.add_argument("--room", action="append", help="may be given several times")

    def handle(self, *args: Any, message: str, room: list[str] | None, **options: Any) -> None:
        rooms = room or list(Clients.objects.values_list("room", flat=True).distinct())
        async_to_sync(announce)(rooms, message)
        self.stdout.write(f"Announced in {len(rooms)} rooms.")
