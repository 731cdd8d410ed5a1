from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from tracker.models import Incident

pytestmark = pytest.mark.django_db


def loaddemo(**options: str) -> str:
    out = StringIO()
    call_command("loaddemo", stdout=out, **options)
    return out.getvalue()


def test_it_prints_a_login_that_works(settings):
    settings.DEBUG = True
    assert 'operator with password "demo"' in loaddemo()
    assert Client().login(username="operator", password="demo")
    assert User.objects.get(username="admin").is_superuser
    assert not User.objects.get(username="operator").is_staff
    assert Incident.objects.exists()


def test_without_debug_the_password_is_random(settings):
    settings.DEBUG = False
    loaddemo()
    assert not Client().login(username="admin", password="demo")


def test_the_password_can_be_chosen():
    assert 'admin with password "chosen"' in loaddemo(password="chosen")
    assert Client().login(username="admin", password="chosen")


def test_a_second_call_changes_no_account():
    loaddemo(password="first")
    out = loaddemo(password="second")
    assert "admin with the password it was given" in out
    assert Client().login(username="admin", password="first")
    assert User.objects.count() == 3
