import json
import logging
from typing import Any

import pytest
from django.core.management import call_command
from django.db import NotSupportedError, transaction
from shapely import Point

from channels.layers.exceptions import LayerUnavailable
from tracker.actors import acting
from tracker.models import Alert, AreaOfInterest, Incident, Notification, Severity

pytestmark = pytest.mark.django_db(transaction=True)


def types(notifications: list[dict[str, Any]]) -> list[str]:
    return [notification["type"] for notification in notifications]


def core(notifications: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What seed 001 sends: without position, time, actor and the alerts as objects."""
    added = {"epoch", "seq", "at", "actor", "alerts"}
    return [
        {key: value for key, value in item.items() if key not in added} for item in notifications
    ]


def feature_of(row: Incident | AreaOfInterest) -> dict[str, Any]:
    """The feature as the pages get it: JSON has lists where Shapely has tuples."""
    return json.loads(json.dumps(row.geojson_feature))


def test_a_new_incident_is_announced(notifications, make_incident):
    incident = make_incident()
    incident.save()
    assert core(notifications()) == [
        {"type": "post_save", "created": True, "feature": feature_of(incident)}
    ]


def test_a_change_is_announced_as_one(notifications, make_incident):
    incident = make_incident()
    incident.save()
    notifications()
    incident.closed = True
    incident.save()
    [notification] = notifications()
    assert notification["created"] is False
    assert notification["feature"]["properties"]["closed"] is True


def test_areas_are_announced_too(notifications, make_area):
    area = make_area(0, 0, 1, 1)
    area.save()
    feature = feature_of(area)
    area.delete()
    assert core(notifications()) == [
        {"type": "post_save", "created": True, "feature": feature},
        {"type": "post_delete", "feature": feature},
    ]


def test_a_deletion_is_announced_with_what_was_there(notifications, make_incident):
    incident = make_incident()
    incident.save()
    feature = feature_of(incident)
    notifications()
    incident.delete()
    assert core(notifications()) == [{"type": "post_delete", "feature": feature}]


def test_deleting_a_queryset_announces_every_row(notifications, make_incident):
    make_incident().save()
    make_incident().save()
    notifications()
    Incident.objects.all().delete()
    assert types(notifications()) == ["post_delete", "post_delete"]


def test_an_incident_in_an_area_raises_an_alert(notifications, make_incident, make_area):
    area = make_area(0, 0, 4, 4, name="Harbour", severity=Severity.LOW)
    area.save()
    notifications()
    incident = make_incident(4, 4, severity=Severity.HIGH)
    incident.save()
    assert core(notifications()) == [
        {"type": "post_save", "created": True, "feature": feature_of(incident)},
        {
            "type": "alert",
            "feature": feature_of(incident),
            "areas_of_interest": [
                {
                    "id": f"AreaOfInterest:{area.pk}",
                    "name": "Harbour",
                    "severity": "Low",
                    "url": f"/areas/{area.pk}/",
                }
            ],
        },
    ]


@pytest.mark.parametrize(
    "fields",
    [{"closed": True}, {"severity": Severity.INFO}, {"location": Point(5, 5)}],
    ids=["closed", "less severe", "outside"],
)
def test_no_alert_for_an_incident_that_no_area_watches(
    notifications, make_incident, make_area, fields
):
    make_area(0, 0, 4, 4, severity=Severity.MEDIUM).save()
    notifications()
    make_incident(**{"location": Point(2, 2), **fields}).save()
    assert types(notifications()) == ["post_save"]


def test_the_relay_is_woken_by_the_commit_and_not_before(layer, make_incident):
    with transaction.atomic():
        make_incident().save()
        assert layer.receive(["tracker.relay"]) == (None, None)
    assert layer.receive(["tracker.relay"])[0] == "tracker.relay"


def test_a_change_that_is_rolled_back_notifies_nobody(notifications, make_incident, make_area):
    make_area(0, 0, 9, 9).save()
    incident = make_incident(20, 20)
    incident.save()
    notifications()
    with transaction.atomic():
        make_incident(1, 1).save()
        incident.delete()
        transaction.set_rollback(True)
    assert notifications() == []


def test_every_change_of_a_transaction_is_announced_in_order(notifications, make_incident):
    with transaction.atomic():
        incident = make_incident(name="first")
        incident.save()
        incident.name = "second"
        incident.save()
        incident.delete()
    sent = notifications()
    assert types(sent) == ["post_save", "post_save", "post_delete"]
    assert [item["feature"]["properties"]["name"] for item in sent] == ["first", "second", "second"]
    assert len({item["feature"]["id"] for item in sent}) == 1


def test_a_loaded_fixture_is_announced_without_alerts(
    notifications, make_incident, make_area, tmp_path
):
    make_area(0, 0, 9, 9).save()
    make_incident(1, 1).save()
    fixture = tmp_path / "incidents.json"
    call_command("dumpdata", "tracker.Incident", output=fixture, verbosity=0)
    notifications()
    call_command("loaddata", fixture, verbosity=0)
    assert types(notifications()) == ["post_save"]


def test_a_save_succeeds_while_the_layer_is_away(
    layer, notifications, make_incident, monkeypatch, caplog
):
    def away(*args: Any) -> None:
        raise LayerUnavailable("Redis at localhost:6379 does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(layer.channel_layer, "send_all", away)
        make_incident().save()
    [record] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "publishes later: Redis at localhost" in record.getMessage()
    assert types(notifications()) == ["post_save"]


def test_rows_added_in_bulk_are_announced_and_alert(notifications, make_incident, make_area):
    make_area(0, 0, 9, 9).save()
    notifications()
    Incident.objects.bulk_create([make_incident(1, 1), make_incident(50, 50)])
    assert types(notifications()) == ["post_save", "post_save", "alert"]


def test_many_rows_added_in_bulk_alert_the_same_areas_as_one(make_incident, make_area):
    make_area(0, 0, 9, 9, severity=Severity.HIGH).save()
    incidents = [
        make_incident(longitude, 9, severity=severity)
        for longitude in range(0, 20, 2)
        for severity in Severity
    ]
    Incident.objects.bulk_create(incidents)
    alerted = {alert.incident for alert in Alert.objects.all()}
    assert alerted == {
        incident
        for incident in incidents
        if incident.location.x <= 9 and incident.severity in (Severity.URGENT, Severity.HIGH)
    }


def test_conflicts_in_bulk_are_refused(make_incident):
    with pytest.raises(NotSupportedError, match="which rows changed"):
        Incident.objects.bulk_create([make_incident()], ignore_conflicts=True)


def test_an_update_of_a_queryset_is_announced_and_alerts(notifications, make_incident, make_area):
    make_area(0, 0, 9, 9).save()
    Incident.objects.bulk_create([make_incident(1, 1, closed=True), make_incident(50, 50)])
    before = Incident.objects.order_by("pk").first()
    notifications()
    assert Incident.objects.filter(closed=True).update(closed=False, name="Again") == 1
    saved, alert = notifications()
    assert (saved["type"], saved["feature"]["properties"]["name"]) == ("post_save", "Again")
    assert alert["type"] == "alert"
    assert Incident.objects.get(pk=before.pk).updated > before.updated


def test_bulk_update_is_announced_once_for_each_row(notifications, make_incident):
    rows = Incident.objects.bulk_create([make_incident(), make_incident()])
    notifications()
    for row in rows:
        row.name = f"Fire {row.pk}"
    Incident.objects.bulk_update(rows, ["name"])
    names = [item["feature"]["properties"]["name"] for item in notifications()]
    assert sorted(names) == sorted(row.name for row in rows)


def test_a_partial_save_announces_what_is_stored(notifications, make_incident):
    incident = make_incident(name="Fire")
    incident.save()
    notifications()
    incident.name, incident.closed = "not saved", True
    incident.save(update_fields=["closed"])
    [notification] = notifications()
    assert notification["feature"]["properties"]["name"] == "Fire"
    assert notification["feature"]["properties"]["closed"] is True


def test_the_log_says_what_was_before_and_who_did_it(make_incident, user):
    incident = make_incident(name="Fire")
    incident.save()
    incident.name = "Flood"
    with acting(user):
        incident.save()
    last = Notification.objects.about(incident).first()
    assert last.before["properties"]["name"] == "Fire"
    assert last.after["properties"]["name"] == "Flood"
    assert last.actor == "operator"


def test_a_report_under_review_becomes_new_to_everybody_when_it_is_approved(
    notifications, make_incident, make_area
):
    make_area(0, 0, 9, 9).save()
    notifications()
    incident = make_incident(1, 1, pending=True)
    incident.save()
    assert types(notifications()) == ["hidden"]
    incident.pending = False
    incident.save()
    saved, alert = notifications()
    assert (saved["type"], saved["created"]) == ("post_save", True)
    assert alert["alerts"][0]["reason"] == "reported"
