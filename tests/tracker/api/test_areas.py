import pytest

from tracker.models import AreaOfInterest

pytestmark = pytest.mark.django_db

URL = "/api/v1/areas/"
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
WORLD = [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]]


def test_an_area_is_added_and_changed(api):
    added = api.post(URL, {"name": "Harbour", "severity": "LO", "polygon": SQUARE}, format="json")
    assert added.status_code == 201
    url = f"{URL}{added.json()['id']}/"
    assert api.patch(url, {"name": "Port"}, format="json").json()["name"] == "Port"
    assert api.get(f"{URL}?bbox=1,1,3,3").json()["count"] == 1
    assert api.get(f"{URL}?bbox=3,3,4,4").json()["count"] == 0


@pytest.mark.parametrize(
    ("polygon", "advice"),
    [
        ({"type": "Polygon", "coordinates": WORLD}, "whole world"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "covers nothing"),
        ({"type": "Point", "coordinates": [0, 0]}, "Expected a GeoJSON Polygon"),
    ],
)
@pytest.mark.parametrize("address", [URL, f"{URL}dry-run/"])
def test_a_bad_polygon_is_a_bad_request_with_advice(api, refusal, address, polygon, advice):
    body = {"name": "Area", "severity": "LO", "polygon": polygon}
    problem = refusal(api.post(address, body, format="json"), 400, "invalid")
    assert advice in problem["errors"]["polygon"][0]
    assert not AreaOfInterest.objects.exists()


def test_a_dry_run_counts_and_saves_nothing(api, make_incident):
    make_incident(1, 1, severity="UR").save()
    response = api.post(f"{URL}dry-run/", {"polygon": SQUARE, "severity": "HI"}, format="json")
    assert response.json() == {"days": 30, "count": 1, "open": 1, "by_severity": {"UR": 1}}
    assert not AreaOfInterest.objects.exists()


def test_a_dry_run_is_for_those_who_draw(program, refusal):
    response = program("viewer").post(f"{URL}dry-run/", {}, format="json")
    refusal(response, 403, "permission_denied")
