import json
import logging
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from shapely import Point

from channels.layers.exceptions import LayerUnavailable
from tracker.models import AreaOfInterest, Incident, Severity

pytestmark = pytest.mark.django_db(transaction=True)


def types(notifications: list[dict[str, Any]]) -> list[str]:
    return [notification["type"] for notification in notifications]


def feature_of(row: Incident | AreaOfInterest) -> dict[str, Any]:
    """The feature as the pages get it: JSON has lists where Shapely has tuples."""
    return json.loads(json.dumps(row.geojson_feature))


def test_a_new_incident_is_announced(notifications, make_incident):
    incident = make_incident()
    incident.save()
    assert notifications() == [
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
    assert notifications() == [
        {"type": "post_save", "created": True, "feature": feature},
        {"type": "post_delete", "feature": feature},
    ]


def test_a_deletion_is_announced_with_what_was_there(notifications, make_incident):
    incident = make_incident()
    incident.save()
    feature = feature_of(incident)
    notifications()
    incident.delete()
    assert notifications() == [{"type": "post_delete", "feature": feature}]


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
    assert notifications() == [
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


def test_nothing_is_announced_before_the_commit(notifications, make_incident):
    with transaction.atomic():
        make_incident().save()
        assert notifications() == []
    assert types(notifications()) == ["post_save"]


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


def test_a_save_succeeds_while_the_layer_is_away(layer, make_incident, monkeypatch, caplog):
    def away(*args: Any) -> None:
        raise LayerUnavailable("Redis at localhost:6379 does not answer.")

    monkeypatch.setattr(layer.channel_layer, "send_all", away)
    make_incident().save()
    assert Incident.objects.count() == 1
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "post_save notification was not sent: Redis at localhost" in record.getMessage()
