from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from shapely import Point, box

from tracker import alerts
from tracker.models import Alert, AreaOfInterest, Incident, Notification, Severity

pytestmark = pytest.mark.django_db


@pytest.fixture
def area(make_area: Any) -> AreaOfInterest:
    area = make_area(0, 0, 4, 4, name="Harbour", severity=Severity.MEDIUM)
    area.save()
    return area


@pytest.fixture
def incident(make_incident: Any, area: AreaOfInterest) -> Incident:
    """An incident that the area watches."""
    incident = make_incident(1, 1, name="Fire", severity=Severity.HIGH)
    incident.save()
    return incident


def change(row: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


def reasons() -> list[str]:
    return [alert.reason for alert in Alert.objects.order_by("pk")]


def test_an_incident_reported_in_an_area_raises_an_alert(incident, area):
    alert = Alert.objects.get()
    assert (alert.incident, alert.area) == (incident, area)
    assert (alert.reason, alert.state, alert.severity) == ("reported", "open", "HI")
    assert alert.why["at"] == [1.0, 1.0]


def test_the_boundary_counts(make_incident, area):
    make_incident(4, 4, severity=Severity.URGENT).save()
    assert reasons() == ["reported"]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"location": Point(9, 9)}, {"location": Point(1, 1)}, "moved"),
        ({"severity": Severity.LOW}, {"severity": Severity.URGENT}, "escalated"),
        ({"closed": True}, {"closed": False}, "reopened"),
    ],
)
def test_a_change_that_brings_an_incident_under_watch_raises_an_alert(
    make_incident, area, before, after, reason
):
    incident = make_incident(longitude=1, latitude=1, severity=Severity.HIGH)
    change(incident, **before)
    assert reasons() == []
    change(incident, **after)
    assert reasons() == [reason]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (None, {}, "area_drawn"),
        ({"polygon": box(8, 8, 9, 9)}, {"polygon": box(0, 0, 2, 2)}, "area_widened"),
        ({"severity": Severity.URGENT}, {"severity": Severity.LOW}, "area_lowered"),
    ],
)
def test_an_area_that_begins_to_watch_an_incident_raises_an_alert(
    make_incident, make_area, before, after, reason
):
    make_incident(1, 1, severity=Severity.HIGH).save()
    make_incident(1, 1, severity=Severity.HIGH, closed=True).save()
    area = make_area(0, 0, 2, 2)
    if before is not None:
        change(area, **before)
        assert reasons() == []
    change(area, **after)
    assert reasons() == [reason]


def test_an_episode_raises_one_alert_only(incident, area):
    change(incident, name="Big fire")
    change(incident, location=Point(2, 2))
    change(area, name="Port")
    change(area, polygon=box(0, 0, 5, 5))
    assert Alert.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "resolution"),
    [
        ({"closed": True}, "closed"),
        ({"location": Point(9, 9)}, "left"),
        ({"severity": Severity.INFO}, "eased"),
    ],
)
def test_an_alert_resolves_itself_and_the_next_episode_raises_another(incident, fields, resolution):
    old = {name: getattr(incident, name) for name in fields}
    change(incident, **fields)
    alert = Alert.objects.get()
    assert (alert.state, alert.resolution) == ("resolved", resolution)
    change(incident, **old)
    assert [alert.state for alert in Alert.objects.order_by("pk")] == ["resolved", "open"]


def test_an_alert_outlives_its_incident(incident):
    incident.delete()
    alert = Alert.objects.get()
    assert (alert.incident, alert.incident_name, alert.resolution) == (None, "Fire", "deleted")
    assert alert.as_json()["incident"] == {"id": None, "pk": None, "name": "Fire", "url": None}


def test_an_alert_outlives_its_area(incident, area):
    AreaOfInterest.objects.all().delete()
    alert = Alert.objects.get()
    assert (alert.area, alert.area_name, alert.resolution) == (None, "Harbour", "area_deleted")


def test_an_area_that_shrinks_resolves_its_alerts(incident, area):
    change(area, polygon=box(3, 3, 4, 4))
    assert Alert.objects.get().resolution == "area_changed"


def test_changes_of_querysets_count_too(incident):
    Incident.objects.update(closed=True)
    assert Alert.objects.get().resolution == "closed"
    Incident.objects.update(closed=False)
    assert Alert.objects.active().get().reason == "reopened"


def test_an_alert_follows_the_severity_of_its_incident(incident):
    change(incident, severity=Severity.URGENT)
    assert Alert.objects.get().severity == "UR"
    assert Notification.objects.first().kind == "alert_save"


def test_a_report_under_review_raises_nothing(make_incident, area):
    make_incident(1, 1, pending=True).save()
    assert reasons() == []


def test_every_step_of_an_alert_is_told(incident, user, notifications):
    notifications()
    alert = Alert.objects.get()
    alerts.acknowledge(alert, user)
    alerts.assign(alert, user)
    alerts.comment(alert, user, "On my way")
    change(incident, closed=True)
    told = [frame["alert"] for frame in notifications() if frame["type"] == "alert_save"]
    assert [item["state"] for item in told] == ["acknowledged"] * 3 + ["resolved"]
    assert told[0]["acknowledged_by"] == "operator"
    assert told[1]["assigned_to"] == {"id": user.pk, "username": "operator"}
    assert told[2]["comments"] == 1


def test_the_frame_of_an_alert_holds_one_object_for_each_area(
    make_area, make_incident, notifications
):
    make_area(0, 0, 2, 2, name="One").save()
    make_area(0, 0, 3, 3, name="Two").save()
    make_incident(1, 1).save()
    [frame] = [frame for frame in notifications() if frame["type"] == "alert"]
    assert {item["area"]["name"] for item in frame["alerts"]} == {"One", "Two"}
    assert {item["name"] for item in frame["areas_of_interest"]} == {"One", "Two"}


def test_an_alert_is_acknowledged_once(incident, user, viewer):
    alert = Alert.objects.get()
    alerts.acknowledge(alert, user)
    with pytest.raises(alerts.AlertConflict, match="operator has already") as conflict:
        alerts.acknowledge(alert, viewer)
    assert conflict.value.code == "already_acknowledged"
    assert Alert.objects.get().acknowledged_by == user


@pytest.mark.parametrize("act", [alerts.acknowledge, alerts.assign])
def test_a_resolved_alert_takes_no_action(incident, user, act):
    change(incident, closed=True)
    with pytest.raises(alerts.AlertConflict, match="The incident was closed") as conflict:
        act(Alert.objects.get(), user)
    assert conflict.value.code == "alert_resolved"


def test_alerts_in_quick_succession_are_one_burst(make_incident, area):
    for _ in range(3):
        make_incident(1, 1).save()
    first = Alert.objects.order_by("pk").first()
    assert [(alert.burst, alert.burst_size) for alert in Alert.objects.order_by("pk")] == [
        (first.pk, 1),
        (first.pk, 2),
        (first.pk, 3),
    ]
    Alert.objects.update(raised=timezone.now() - alerts.BURST_GAP - timedelta(seconds=1))
    make_incident(1, 1).save()
    newest = Alert.objects.first()
    assert (newest.burst, newest.burst_size) == (newest.pk, 1)


def test_an_alert_explains_itself(incident):
    text = Alert.objects.get().why_text
    assert "was reported in the area" in text
    assert "“Harbour” watches for Medium and worse" in text
