import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tracker.models import Incident, Notification

pytestmark = pytest.mark.django_db

URL = "/api/v1/incidents/"
FIRE = {
    "name": "Fire",
    "severity": "HI",
    "location": {"type": "Point", "coordinates": [13.4, 52.5]},
}


def names(response):
    return [item["name"] for item in response.json()["results"]]


def test_an_incident_is_added_changed_and_deleted(api):
    added = api.post(URL, FIRE, format="json")
    assert added.status_code == 201
    url = f"{URL}{added.json()['id']}/"
    assert api.get(url).json()["location"] == FIRE["location"]
    assert api.patch(url, {"closed": True}, format="json").json()["closed"] is True
    assert api.get(url).json()["closed"] is True
    assert api.delete(url).status_code == 204
    assert not Incident.objects.exists()


def test_the_log_says_whose_token_it_was(api):
    api.post(URL, FIRE, format="json")
    assert Notification.objects.get().actor == "operator"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["west", "east"]),
        ("severity=UR", ["west"]),
        ("severity=UR,LO", ["west", "east"]),
        ("severity=UR&severity=LO", ["west", "east"]),
        ("state=closed", ["over"]),
        ("state=all", ["over", "west", "east"]),
        ("closed=1", ["over", "west", "east"]),
        ("q=smoke", ["west"]),
        ("bbox=170,-10,-170,10", ["west", "east"]),
        ("bbox=170,-10,180,10", ["east"]),
        ("hours=2", ["east"]),
    ],
)
def test_filters(api, make_incident, query, expected):
    make_incident(175, 0, name="east", severity="LO").save()
    make_incident(-175, 0, name="west", severity="UR", description="Black smoke").save()
    make_incident(0, 0, name="over", closed=True).save()
    make_incident(175, 0, name="under review", pending=True).save()
    Incident.objects.exclude(name="east").update(created=timezone.now() - timedelta(hours=3))
    assert sorted(names(api.get(f"{URL}?{query}"))) == sorted(expected)


def test_a_list_is_sorted_by_request(api, make_incident):
    for severity in ("LO", "UR", "HI"):
        make_incident(name=severity, severity=severity).save()
    assert names(api.get(f"{URL}?sort=severity")) == ["UR", "HI", "LO"]
    assert names(api.get(f"{URL}?sort=-severity")) == ["LO", "HI", "UR"]
    assert api.get(f"{URL}?sort=colour").status_code == 400


def test_the_filter_by_area_counts_its_boundary(api, make_incident, make_area):
    area = make_area(0, 0, 2, 2)
    area.save()
    make_incident(2, 2, name="edge").save()
    make_incident(3, 3, name="outside").save()
    assert names(api.get(f"{URL}?area={area.pk}")) == ["edge"]


@pytest.mark.parametrize(
    "query",
    [
        "severity=XX",
        "state=odd",
        "hours=many",
        "hours=-1",
        "area=99",
        "bbox=1,2,3",
        "created_after=x",
    ],
)
def test_a_bad_filter_is_a_bad_request(api, refusal, query):
    problem = refusal(api.get(f"{URL}?{query}"), 400, "invalid")
    assert list(problem["errors"]) == [query.split("=")[0]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"severity": "XX"}, "severity"),
        ({"location": {"type": "Point", "coordinates": [0, 91]}}, "location"),
        ({"location": {"type": "Point", "coordinates": ["x", 1]}}, "location"),
        ({"location": {"type": "Polygon", "coordinates": []}}, "location"),
        ({"location": None}, "location"),
        ({"location": 7}, "location"),
    ],
)
def test_a_bad_incident_is_a_bad_request(api, refusal, change, field):
    problem = refusal(api.post(URL, {**FIRE, **change}, format="json"), 400, "invalid")
    assert list(problem["errors"]) == [field]
    assert not Incident.objects.exists()


@pytest.mark.parametrize("body", ["{", "NaN", "[]", '"x"', ""])
def test_a_body_that_is_no_object_is_a_bad_request(api, body):
    response = api.post(URL, body, content_type="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_a_key_makes_a_repeated_request_harmless(api, refusal):
    first = api.post(URL, FIRE, format="json", HTTP_IDEMPOTENCY_KEY="one")
    again = api.post(URL, FIRE, format="json", HTTP_IDEMPOTENCY_KEY="one")
    assert first.json() == again.json()
    other = {**FIRE, "name": "Flood"}
    refusal(
        api.post(URL, other, format="json", HTTP_IDEMPOTENCY_KEY="one"), 422, "idempotency_mismatch"
    )
    assert Incident.objects.count() == 1


def test_keys_of_two_users_do_not_meet(api, program):
    api.post(URL, FIRE, format="json", HTTP_IDEMPOTENCY_KEY="one")
    response = program("reporter").post(URL, FIRE, format="json", HTTP_IDEMPOTENCY_KEY="one")
    assert response.status_code == 201
    assert Incident.objects.count() == 2


def test_the_history_tells_every_change(api, make_incident):
    incident = make_incident(name="Fire")
    incident.save()
    api.patch(f"{URL}{incident.pk}/", {"name": "Flood"}, format="json")
    newest, oldest = api.get(f"{URL}{incident.pk}/history/").json()
    assert newest["before"]["properties"]["name"] == "Fire"
    assert newest["after"]["properties"]["name"] == "Flood"
    assert (newest["actor"], oldest["actor"], oldest["before"]) == ("operator", None, None)


def test_a_report_is_approved_after_its_review(api, program, make_incident, refusal):
    incident = make_incident(pending=True)
    incident.save()
    url = f"{URL}{incident.pk}/"
    viewer = program("viewer")
    refusal(viewer.get(url), 404, "not_found")
    refusal(viewer.post(f"{url}approve/"), 403, "permission_denied")
    assert api.post(f"{url}approve/").json()["pending"] is False
    assert viewer.get(url).status_code == 200


def test_viewers_read_and_change_nothing(program, make_incident, refusal):
    make_incident().save()
    viewer = program("viewer")
    [incident] = viewer.get(URL).json()["results"]
    url = f"{URL}{incident['id']}/"
    refusal(viewer.post(URL, FIRE, format="json"), 403, "permission_denied")
    refusal(viewer.patch(url, {"name": "x"}, format="json"), 403, "permission_denied")
    refusal(viewer.delete(url), 403, "permission_denied")


def test_reporters_add_and_change_nothing(program, refusal):
    reporter = program("reporter")
    added = reporter.post(URL, FIRE, format="json")
    assert added.status_code == 201
    url = f"{URL}{added.json()['id']}/"
    refusal(reporter.patch(url, {"name": "x"}, format="json"), 403, "permission_denied")


def test_pages_of_a_list(api, make_incident):
    Incident.objects.bulk_create([make_incident(name=str(n)) for n in range(5)])
    page = api.get(f"{URL}?page_size=2&page=3").json()
    assert (page["count"], len(page["results"]), page["next"]) == (5, 1, None)


def test_a_browser_needs_a_csrf_token(user):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.get(URL).status_code == 200
    response = browser.post(URL, json.dumps(FIRE), content_type="application/json")
    assert response.status_code == 403
