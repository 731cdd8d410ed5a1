import pytest
from django.contrib.auth.models import Group

from tracker.roles import ROLES, create_roles

pytestmark = pytest.mark.django_db


def test_every_permission_of_a_role_exists():
    for name, codenames in ROLES.items():
        role = Group.objects.get(name=name)
        held = set(role.permissions.values_list("codename", flat=True))
        assert held == set(codenames)


def test_a_role_that_an_administrator_changed_stays_as_it_is():
    role = Group.objects.get(name="viewer")
    role.permissions.clear()
    create_roles(using="default")
    assert not role.permissions.exists()
