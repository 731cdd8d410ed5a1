import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tracker import transfer
from tracker.models import AreaOfInterest, Incident

pytestmark = pytest.mark.django_db


def body(response):
    return b"".join(response.streaming_content).decode()


def geojson_file(content):
    return {"file": SimpleUploadedFile("areas.geojson", content.encode())}


def test_an_export_has_the_filters_of_the_page(operator, make_incident):
    make_incident(name="Fire", severity="UR").save()
    make_incident(name="Flood", severity="LO").save()
    make_incident(name="Secret", severity="UR", pending=True).save()
    response = operator.get("/incidents/export.geojson?severity=UR")
    assert response["Content-Disposition"] == 'attachment; filename="incidents.geojson"'
    features = json.loads(body(response))["features"]
    assert [feature["properties"]["name"] for feature in features] == ["Fire"]
    table = body(operator.get("/incidents/export.csv?severity=LO"))
    assert "Flood" in table
    assert "Fire" not in table


def test_areas_are_exported(operator, area):
    assert "Delta" in body(operator.get("/areas/export.csv"))
    assert len(json.loads(body(operator.get("/areas/export.geojson")))["features"]) == 1


def test_a_bad_filter_is_a_bad_request(operator):
    assert operator.get("/incidents/export.csv?severity=XX").status_code == 400


def test_what_was_exported_can_be_imported(operator, area):
    text = body(operator.get("/areas/export.geojson"))
    assert operator.post("/areas/import/", geojson_file(text)).url == "/areas/"
    assert AreaOfInterest.objects.filter(name="Delta").count() == 2


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("{", "not JSON"),
        ("{}", "Expected a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": [{}]}', "features[0]: This is no"),
    ],
)
def test_a_bad_file_is_explained(operator, content, error):
    response = operator.post("/incidents/import/", geojson_file(content))
    assert response.status_code == 400
    assert error in response.context["errors"][0]
    assert not Incident.objects.exists()


def test_a_file_that_is_too_large_is_refused(operator):
    response = operator.post("/areas/import/", geojson_file(" " * (transfer.MAX_BYTES + 1)))
    assert "at most 5 MB" in response.context["form"].errors["file"][0]


def test_an_empty_form_is_refused(operator):
    assert operator.post("/areas/import/").context["form"].errors
