"""`manage.py newepoch`: a new name for the log, after an older database was restored."""

from typing import Any

from django.core.management.base import BaseCommand

from tracker.models import LogHead


class Command(BaseCommand):
    help = "Gives the log a new name, so that every page loads everything anew."

    def handle(self, *args: Any, **options: Any) -> None:
        head = LogHead.current()
        head.epoch = LogHead.new_epoch()
        head.save(update_fields=["epoch"])
        self.stdout.write(f"The log is now named {head.epoch}, at {head.sequence}.")
