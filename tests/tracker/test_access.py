from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from tracker.sockets import session_group, user_group

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def closes(layer: Any, user: Any) -> Any:
    """Call it for the codes with which the user's sockets were closed."""
    layer.group_add(user_group(user.pk), "test.page")

    def codes() -> list[int]:
        messages = iter(lambda: layer.receive(["test.page"])[1], None)
        return [message["close"] for message in messages]

    return codes


def test_logging_out_closes_the_sockets_of_this_session(client, user, layer, closes):
    client.force_login(user)
    layer.group_add(session_group(client.session.session_key), "test.session")
    client.post("/accounts/logout/")
    assert layer.receive(["test.session"])[1] == {"close": 4401}
    assert closes() == []


def test_an_account_that_is_closed_loses_its_sockets(user, closes):
    user.is_active = False
    user.save()
    assert closes() == [4401]


def test_a_deleted_user_loses_the_sockets(user, closes):
    user.delete()
    assert closes() == [4401]


def test_a_new_password_reopens_the_sockets(user, closes):
    user.set_password("another")
    user.save()
    assert closes() == [4403]


def test_other_changes_of_a_user_leave_the_sockets_open(user, closes):
    user.first_name = "Ada"
    user.save()
    user.save(update_fields=["last_login"])
    assert closes() == []


def test_a_change_of_roles_reopens_the_sockets(user, closes):
    viewers = Group.objects.get(name="viewer")
    user.groups.set([viewers])
    assert set(closes()) == {4403}
    viewers.user_set.remove(user)
    assert closes() == [4403]


def test_a_change_of_a_role_reopens_the_sockets_of_all_in_it(user, closes):
    role = Group.objects.get(name="operator")
    role.permissions.remove(Permission.objects.get(codename="review_incident"))
    assert closes() == [4403]


def test_a_role_that_is_deleted_reopens_the_sockets_of_all_in_it(user, closes):
    Group.objects.get(name="operator").delete()
    assert closes() == [4403]


def test_a_name_of_a_group_does_not_give_the_session_away():
    assert "secretkey" not in session_group("secretkey")
