import json

import pytest
from django.urls import reverse

from tracker.models import Incident
from tracker.views import features

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["incidents-geojson", "areas-geojson"])
def test_features_are_for_those_who_are_logged_in(client, name):
    assert client.get(reverse(name)).status_code == 403


def test_features_are_geojson_with_the_worst_first(operator, make_incident):
    for name, severity in [("low", "LO"), ("urgent", "UR")]:
        make_incident(name=name, severity=severity).save()
    response = operator.get("/incidents.geojson")
    collection = json.loads(response.content)
    assert response["Content-Type"] == "application/geo+json"
    assert collection["type"] == "FeatureCollection"
    assert collection["capped"] is False
    names = [feature["properties"]["name"] for feature in collection["features"]]
    assert names == ["urgent", "low"]


def test_closed_incidents_are_left_out_unless_asked_for(operator, make_incident):
    make_incident(closed=True).save()
    assert operator.get("/incidents.geojson").json()["features"] == []
    assert len(operator.get("/incidents.geojson?closed=1").json()["features"]) == 1


@pytest.mark.parametrize("url", ["/incidents.geojson", "/areas.geojson"])
def test_features_are_limited_to_a_box(operator, incident, area, url):
    assert len(operator.get(url, {"bbox": "0,0,1,1"}).json()["features"]) == 1
    assert operator.get(url, {"bbox": "5,5,6,6"}).json()["features"] == []


def test_a_bad_box_is_a_bad_request_with_advice(operator):
    response = operator.get("/incidents.geojson", {"bbox": "here"})
    assert response.status_code == 400
    assert "write bbox=west,south,east,north" in response.json()["detail"]


def test_more_features_than_one_answer_holds_are_capped(operator, make_incident, monkeypatch):
    monkeypatch.setattr(features, "MAX_FEATURES", 2)
    Incident.objects.bulk_create([make_incident() for _ in range(3)])
    collection = operator.get("/incidents.geojson").json()
    assert len(collection["features"]) == 2
    assert collection["capped"] is True


def test_text_of_users_cannot_break_the_json(operator, make_incident):
    make_incident(name='</script>"\u2028\\').save()
    [feature] = operator.get("/incidents.geojson").json()["features"]
    assert feature["properties"]["name"] == '</script>"\u2028\\'
