import json

import pytest

from tracker.models import AreaOfInterest, Incident, Notification

pytestmark = pytest.mark.django_db


def points(*places):
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"Fire {number}"},
            "geometry": {"type": "Point", "coordinates": place},
        }
        for number, place in enumerate(places)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


@pytest.mark.parametrize("kind", ["application/geo+json", "application/json"])
def test_features_are_added_and_told(api, kind):
    response = api.post("/api/v1/incidents/import/", points([1, 1], [2, 2]), content_type=kind)
    assert (response.status_code, response.json()) == (201, {"created": 2})
    assert Incident.objects.count() == Notification.objects.count() == 2


def test_one_bad_feature_keeps_all_out(api, refusal):
    body = points([1, 1], [200, 2])
    response = api.post("/api/v1/incidents/import/", body, content_type="application/geo+json")
    problem = refusal(response, 400, "invalid")
    assert list(problem["errors"]) == ["features[1].geometry"]
    assert not Incident.objects.exists()


@pytest.mark.parametrize("body", ["{", points([float("nan"), 1]), "[]", '{"type": "Feature"}'])
def test_what_is_no_collection_is_a_bad_request(api, refusal, body):
    response = api.post("/api/v1/areas/import/", body, content_type="application/geo+json")
    refusal(response, 400, "invalid")


def test_ten_megabytes_are_too_large(api, refusal):
    body = " " * 10_000_000
    response = api.post("/api/v1/areas/import/", body, content_type="application/geo+json")
    refusal(response, 413, "too_large")


def test_too_many_features_are_too_large(api, refusal):
    body = json.dumps({"type": "FeatureCollection", "features": [None] * 5001})
    response = api.post("/api/v1/areas/import/", body, content_type="application/geo+json")
    refusal(response, 413, "too_large")


def test_a_reporter_imports_no_areas(program, refusal):
    response = program("reporter").post(
        "/api/v1/areas/import/", points(), content_type="application/geo+json"
    )
    refusal(response, 403, "permission_denied")
    assert not AreaOfInterest.objects.exists()
