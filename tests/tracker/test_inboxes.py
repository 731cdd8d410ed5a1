import json
from typing import Any

import pytest

from tracker import inboxes
from tracker.models import Alert, Inbox, Silence
from tracker.sockets import user_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def alerts(make_area: Any, make_incident: Any) -> list[Alert]:
    make_area(0, 0, 4, 4, name="Harbour").save()
    make_area(0, 0, 2, 2, name="Quay").save()
    make_incident(3, 3).save()
    make_incident(1, 1).save()
    return list(Alert.objects.order_by("pk"))


def test_all_alerts_are_unread_at_first(alerts, user):
    assert Inbox.of(user).as_json() == {"seen": 0, "unread": 3}


def test_reading_is_kept_and_never_goes_back(alerts, user):
    assert inboxes.read(user, alerts[1].pk) == {"seen": alerts[1].pk, "unread": 1}
    assert inboxes.read(user, alerts[0].pk)["unread"] == 1
    assert Inbox.of(user).as_json()["unread"] == 1
    assert inboxes.read(user)["unread"] == 0


def test_nobody_reads_ahead_of_what_there_is(alerts, user, make_incident):
    inboxes.read(user, 10**12)
    make_incident(3, 3).save()
    assert Inbox.of(user).as_json()["unread"] == 1


def test_one_users_reading_is_not_anothers(alerts, user, viewer):
    inboxes.read(user)
    assert Inbox.of(viewer).as_json()["unread"] == 3


def test_a_muted_area_is_not_unread_for_who_muted_it(alerts, user, viewer):
    Silence.objects.create(user=user, area=alerts[0].area, muted=True)
    assert Inbox.of(user).as_json()["unread"] == 1
    assert Inbox.of(viewer).as_json()["unread"] == 3


def test_alerts_of_deleted_areas_stay_unread(alerts, user):
    alerts[0].area.delete()
    assert Inbox.of(user).as_json()["unread"] == 3


def test_the_users_other_pages_are_told(alerts, user, layer):
    layer.group_add(user_group(user.pk), "test.page")
    inboxes.read(user)
    frame = json.loads(layer.receive(["test.page"])[1]["text"])
    assert frame == {"type": "inbox", "seen": alerts[-1].pk, "unread": 0}
    inboxes.tell_silences(user)
    assert json.loads(layer.receive(["test.page"])[1]["text"]) == {
        "type": "silences",
        "silences": [],
    }
