"""`manage.py loaddemo`: accounts, areas and incidents to begin with."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand
from django.db import transaction

from tracker import demo

# Name, and its role; the administrator may do everything, in the admin too.
ACCOUNTS = (("admin", "administrator"), ("operator", "operator"), ("viewer", "viewer"))


class Command(BaseCommand):
    help = "Adds demo accounts, areas and incidents, and prints the log-in. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--password",
            help='for new accounts; without it "demo", or a random one if DEBUG is off',
        )

    def handle(self, *args: Any, password: str | None, **options: Any) -> None:
        password = password or ("demo" if settings.DEBUG else secrets.token_urlsafe(9))
        with transaction.atomic():
            logins = [self.login(name, role, password) for name, role in ACCOUNTS]
            demo.load()
        self.stdout.write("Demo data is loaded. Log in as " + " or ".join(logins) + ".")

    def login(self, name: str, role: str, password: str) -> str:
        """Make the account unless it is there, and say how to log in with it."""
        is_admin = role == "administrator"
        user, created = get_user_model().objects.get_or_create(
            username=name, defaults={"is_staff": is_admin, "is_superuser": is_admin}
        )
        if created:
            user.set_password(password)
            user.save()
            user.groups.add(Group.objects.get(name=role))
        if user.check_password(password):
            return f'{name} with password "{password}"'
        return f"{name} with the password it was given"
