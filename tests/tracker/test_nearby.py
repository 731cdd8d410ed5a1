from datetime import timedelta

import pytest
from django.utils import timezone
from shapely import Point

from tracker import nearby
from tracker.models import Incident

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        (Point(0, 0), Point(1, 0), 111_195),
        (Point(0, 60), Point(1, 60), 55_597),
        (Point(179.9995, 0), Point(-179.9995, 0), 111),
        (Point(0, 90), Point(123, 90), 0),
    ],
)
def test_distances_in_metres(one, other, metres):
    assert nearby.distance(one, other) == pytest.approx(metres, rel=0.01, abs=0.1)


def test_recent_open_reports_around_a_place_the_nearest_first(make_incident):
    make_incident(4.005, 54, name="near").save()
    make_incident(4.001, 54, name="nearer").save()
    make_incident(4.03, 54, name="far").save()
    make_incident(4.0, 54, name="over", closed=True).save()
    make_incident(4.0, 54, name="under review", pending=True).save()
    make_incident(4.0, 54, name="old").save()
    Incident.objects.filter(name="old").update(created=timezone.now() - timedelta(hours=7))
    found = nearby.reports(54, 4)
    assert [item["name"] for item in found] == ["nearer", "near"]
    assert found[0]["distance_m"] == pytest.approx(65, abs=1)


@pytest.mark.parametrize(("longitude", "other"), [(180, -179.999), (-179.999, 179.999)])
def test_a_place_at_the_antimeridian(make_incident, longitude, other):
    make_incident(other, 0).save()
    assert len(nearby.reports(0, longitude)) == 1


def test_at_the_pole_all_longitudes_are_near(make_incident):
    make_incident(170, 89.999).save()
    assert len(nearby.reports(90, -20)) == 1
