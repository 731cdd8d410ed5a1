import json
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from shapely import Point, Polygon, box

from tracker.models import AreaOfInterest, Incident

pytestmark = pytest.mark.django_db


def test_a_geometry_comes_back_as_it_was_saved(make_incident, make_area):
    make_incident(-13.123456789012345, 52.5).save()
    make_area(-1, -1, 2, 2).save()
    assert Incident.objects.get().location == Point(-13.123456789012345, 52.5)
    assert AreaOfInterest.objects.get().polygon == box(-1, -1, 2, 2)


def test_geojson_can_be_assigned(make_incident):
    incident = make_incident(location={"type": "Point", "coordinates": [1, 2]})
    incident.save()
    assert incident.location == Point(1, 2)
    assert Incident.objects.get(location=Point(1, 2)) == incident


def test_a_position_off_the_globe_reaches_no_table(make_incident):
    with pytest.raises(ValidationError, match="Latitude 91"), transaction.atomic():
        make_incident(0, 91).save()
    with pytest.raises(ValidationError, match="Latitude 91"), transaction.atomic():
        Incident.objects.bulk_create([make_incident(0, 91)])
    assert not Incident.objects.exists()


def test_an_update_is_checked_too(make_incident):
    make_incident().save()
    with pytest.raises(ValidationError, match="Longitude 200"):
        Incident.objects.update(location=Point(200, 0))


def test_updates_in_bulk_keep_every_geometry(make_incident):
    incidents = Incident.objects.bulk_create([make_incident(n, n) for n in range(3)])
    for incident in incidents:
        incident.location = Point(incident.location.x, -1)
    Incident.objects.bulk_update(incidents, ["location"])
    assert {incident.location for incident in Incident.objects.all()} == {
        Point(n, -1) for n in range(3)
    }


def test_one_column_can_be_set_from_another(make_incident):
    make_incident(3, 4).save()
    Incident.objects.update(location=F("location"))
    assert Incident.objects.get().location == Point(3, 4)


def test_another_kind_of_geometry_is_refused(make_incident):
    with pytest.raises(ValidationError, match="Expected a Point, not a Polygon"):
        make_incident(location=box(0, 0, 1, 1)).save()


def test_a_polygon_that_crosses_itself_is_refused(make_area):
    area = make_area(0, 0, 1, 1, polygon=Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
    with pytest.raises(ValidationError) as caught:
        area.full_clean()
    assert caught.value.message_dict.keys() == {"polygon"}


def test_a_comparison_with_anything_else_is_an_error():
    with pytest.raises(TypeError, match="takes a Shapely geometry, not 'here'"):
        Incident.objects.filter(location__within="here")


def test_rows_survive_dumpdata_and_loaddata(make_incident, make_area, tmp_path):
    make_incident(1.5, 2).save()
    make_area(0, 0, 3, 3).save()
    fixture = tmp_path / "rows.json"
    call_command("dumpdata", "tracker", output=fixture, verbosity=0)
    Incident.objects.all().delete()
    AreaOfInterest.objects.all().delete()

    call_command("loaddata", fixture, verbosity=0)

    assert Incident.objects.get().location == Point(1.5, 2)
    assert AreaOfInterest.objects.get().polygon == box(0, 0, 3, 3)


def test_fixtures_hold_geojson(make_incident):
    make_incident(1.5, 2).save()
    out = StringIO()
    call_command("dumpdata", "tracker.Incident", stdout=out)
    [row] = json.loads(out.getvalue())
    assert json.loads(row["fields"]["location"]) == {"type": "Point", "coordinates": [1.5, 2.0]}
