import json

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from django.utils import translation
from shapely import Point, box

from tracker.models import AreaOfInterest, Incident, LogHead, Severity


@pytest.mark.parametrize(
    ("severity", "alerted"),
    [
        ("UR", ["UR", "HI", "ME", "LO", "IN"]),
        ("HI", ["HI", "ME", "LO", "IN"]),
        ("ME", ["ME", "LO", "IN"]),
        ("LO", ["LO", "IN"]),
        ("IN", ["IN"]),
    ],
)
def test_an_incident_alerts_its_own_severity_and_lower_ones(severity, alerted):
    assert Incident(severity=severity).alert_severities == alerted


def test_the_feature_of_an_incident(db, make_incident):
    incident = make_incident(13.4, 52.5, name="Fire", description="Big", severity=Severity.URGENT)
    incident.save()
    feature = json.loads(json.dumps(incident.geojson_feature))
    assert feature == {
        "type": "Feature",
        "id": f"Incident:{incident.pk}",
        "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
        "properties": {
            "model": "Incident",
            "pk": incident.pk,
            "name": "Fire",
            "description": "Big",
            "severity": "Urgent",
            "severity_code": "UR",
            "closed": False,
            "pending": False,
            "created": incident.created.isoformat(),
            "updated": incident.updated.isoformat(),
            "url": f"/incidents/{incident.pk}/",
        },
    }


def test_the_feature_of_an_area(db, make_area):
    area = make_area(0, 0, 1, 1, name="Harbour", severity=Severity.LOW)
    area.save()
    feature = json.loads(json.dumps(area.geojson_feature))
    assert feature["id"] == f"AreaOfInterest:{area.pk}"
    assert feature["geometry"]["type"] == "Polygon"
    assert feature["properties"] == {
        "model": "AreaOfInterest",
        "pk": area.pk,
        "name": "Harbour",
        "severity": "Low",
        "severity_code": "LO",
        "url": f"/areas/{area.pk}/",
    }


@pytest.mark.parametrize(
    ("severity", "label"),
    [("UR", "Urgent"), ("HI", "High"), ("ME", "Medium"), ("LO", "Low"), ("IN", "Info")],
)
def test_features_name_severities_in_english(severity, label):
    with translation.override("es"):
        assert Severity(severity).english == label


@pytest.mark.django_db
def test_an_incident_alerts_the_areas_that_watch_its_place_and_severity(make_incident, make_area):
    make_area(0, 0, 4, 4, name="low", severity=Severity.LOW).save()
    make_area(0, 0, 4, 4, name="high", severity=Severity.HIGH).save()
    make_area(5, 5, 9, 9, name="elsewhere", severity=Severity.INFO).save()
    incident = make_incident(4, 2, severity=Severity.MEDIUM)
    assert [area.name for area in AreaOfInterest.objects.alerted_by(incident)] == ["low"]


@pytest.mark.django_db
def test_the_worst_come_first_and_then_the_newest(make_incident):
    for name, severity in [("a", "IN"), ("b", "UR"), ("c", "ME"), ("d", "UR"), ("e", "HI")]:
        make_incident(name=name, severity=severity).save()
    assert [incident.name for incident in Incident.objects.worst_first()] == list("dbeca")


@pytest.mark.django_db
def test_rows_are_found_in_any_of_several_boxes(make_incident, make_area):
    for longitude in (-179, 0, 179):
        make_incident(longitude, 0, name=str(longitude)).save()
    found = Incident.objects.overlapping([box(-180, -1, -170, 1), box(170, -1, 180, 1)])
    assert {incident.name for incident in found} == {"-179", "179"}

    make_area(0, 0, 4, 4).save()
    assert AreaOfInterest.objects.overlapping([box(3, 3, 9, 9)]).exists()


@pytest.mark.django_db
def test_closed_incidents_are_not_open(make_incident):
    make_incident(closed=True).save()
    assert not Incident.objects.open().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "row",
    [
        Incident(name="Fire", severity="XX", location=Point(0, 0)),
        AreaOfInterest(name="Area", severity="XX", polygon=box(0, 0, 1, 1)),
    ],
    ids=["incident", "area"],
)
def test_a_severity_that_no_alert_rule_knows_reaches_no_table(row):
    with pytest.raises(IntegrityError, match="known_severity"):
        type(row).objects.bulk_create([row])


def test_a_new_database_has_a_log_with_a_name(db):
    [head] = LogHead.objects.all()
    assert head.sequence == 0
    assert head.epoch


def test_migrating_again_keeps_the_name_of_the_log(db):
    epoch = LogHead.current().epoch
    call_command("migrate", verbosity=0)
    assert LogHead.current().epoch == epoch
