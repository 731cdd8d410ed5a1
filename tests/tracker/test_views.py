import json
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from shapely import Point, box

from tracker import views
from tracker.models import AreaOfInterest, Incident

pytestmark = pytest.mark.django_db

INCIDENT = {
    "name": "Fire",
    "description": "Smoke",
    "severity": "HI",
    "location_latitude": "52.5",
    "location_longitude": "13.4",
}
AREA = {
    "name": "Harbour",
    "severity": "LO",
    "polygon": '{"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}',
}


@pytest.fixture
def operator(client: Client, user: User) -> Client:
    """A browser that is logged in."""
    client.force_login(user)
    return client


@pytest.fixture
def incident(make_incident: Any) -> Incident:
    incident = make_incident(1, 1, name="Flood")
    incident.save()
    return incident


@pytest.fixture
def area(make_area: Any) -> AreaOfInterest:
    area = make_area(0, 0, 2, 2, name="Delta")
    area.save()
    return area


PAGES = [
    "/",
    "/incidents/",
    "/incidents/add/",
    "/incidents/1/",
    "/incidents/1/edit/",
    "/incidents/1/delete/",
    "/areas/",
    "/areas/add/",
    "/areas/1/",
    "/areas/1/edit/",
    "/areas/1/delete/",
]


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_for_a_login(client, page):
    response = client.get(page)
    assert response.status_code == 302
    assert response.url == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("page", [page for page in PAGES if "delete" in page or "edit" in page])
def test_changes_ask_for_a_login(client, page):
    assert client.post(page).url == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("page", ["/incidents/7/", "/areas/7/edit/", f"/incidents/{10**20}/"])
def test_a_row_that_is_gone_is_not_found(operator, page):
    assert operator.get(page).status_code == 404


def test_logging_in_leads_to_the_map(client, user):
    response = client.post("/accounts/login/", {"username": user.username, "password": "secret"})
    assert response.url == reverse("home")


def test_the_home_page_lists_the_worst_open_incidents(operator, make_incident, area):
    for name, fields in {
        "low": {"severity": "LO"},
        "urgent": {"severity": "UR"},
        "over": {"closed": True},
    }.items():
        make_incident(name=name, **fields).save()
    context = operator.get("/").context
    assert [incident.name for incident in context["incidents"]] == ["urgent", "low"]
    assert list(context["areas"]) == [area]
    assert context["severities"][0] == ("UR", "Urgent")
    assert context["tile"] == {}


def test_the_scripts_get_their_translations(client):
    assert client.get(reverse("javascript-catalog")).status_code == 200


def test_an_incident_is_added(operator):
    response = operator.post("/incidents/add/", INCIDENT)
    incident = Incident.objects.get()
    assert response.url == incident.get_absolute_url()
    assert incident.location == Point(13.4, 52.5)


def test_an_incident_is_changed(operator, incident):
    operator.post(f"/incidents/{incident.pk}/edit/", {**INCIDENT, "closed": "on"})
    incident.refresh_from_db()
    assert (incident.name, incident.closed) == ("Fire", True)
    assert incident.location == Point(13.4, 52.5)


def test_an_incident_is_deleted(operator, incident):
    assert operator.get(f"/incidents/{incident.pk}/delete/").status_code == 200
    assert operator.post(f"/incidents/{incident.pk}/delete/").url == "/incidents/"
    assert not Incident.objects.exists()


def test_an_incident_shows_the_areas_it_alerts(operator, incident, area):
    response = operator.get(incident.get_absolute_url())
    assert list(response.context["areas"]) == [area]
    assert response.context["object"] == incident


def test_the_form_of_an_incident_shows_what_it_holds(operator, incident):
    form = operator.get(f"/incidents/{incident.pk}/edit/").context["form"]
    assert form.initial["location"] == Point(1, 1)


def test_lists_have_pages(operator, make_incident):
    Incident.objects.bulk_create([make_incident(name=str(n)) for n in range(60)])
    context = operator.get("/incidents/", {"page": 2}).context
    assert len(context["object_list"]) == 10
    assert context["page_obj"].number == 2
    assert operator.get("/incidents/", {"page": 99}).status_code == 404


def test_an_area_is_added_changed_and_deleted(operator):
    response = operator.post("/areas/add/", AREA)
    area = AreaOfInterest.objects.get()
    assert response.url == area.get_absolute_url()
    assert area.polygon.equals(box(0, 0, 2, 2))

    operator.post(f"/areas/{area.pk}/edit/", {**AREA, "name": "Port"})
    assert AreaOfInterest.objects.get().name == "Port"

    assert operator.post(f"/areas/{area.pk}/delete/").url == "/areas/"
    assert not AreaOfInterest.objects.exists()


@pytest.mark.parametrize("page", ["/areas/", "/areas/add/", "/areas/{}/", "/areas/{}/delete/"])
def test_the_pages_of_areas(operator, area, page):
    assert operator.get(page.format(area.pk)).status_code == 200


@pytest.mark.parametrize(
    ("data", "field", "advice"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"severity": "XX"}, "severity", "XX is not one of the available choices"),
        ({"location_latitude": "91"}, "location", "Latitude 91.0 is not between"),
    ],
)
@pytest.mark.parametrize("page", ["/report/", "/incidents/add/"])
def test_a_bad_incident_is_refused_with_advice(operator, page, data, field, advice):
    response = operator.post(page, {**INCIDENT, **data})
    assert response.status_code == 200
    assert advice in response.context["form"].errors[field][0]
    assert not Incident.objects.exists()


def test_an_area_that_crosses_itself_is_refused_with_advice(operator):
    crossing = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}'
    response = operator.post("/areas/add/", {**AREA, "polygon": crossing})
    assert "crosses or touches itself" in response.context["form"].errors["polygon"][0]
    assert not AreaOfInterest.objects.exists()


def test_the_public_reports_without_a_login(client):
    assert client.get("/report/").status_code == 200
    assert client.post("/report/", INCIDENT).url == "/report/thanks/"
    assert client.get("/report/thanks/").status_code == 200
    assert Incident.objects.get().name == "Fire"


def test_a_report_of_another_site_is_refused():
    client = Client(enforce_csrf_checks=True)
    assert client.post("/report/", INCIDENT).status_code == 403
    assert not Incident.objects.exists()


def test_a_body_over_the_limit_is_a_bad_request(client, settings, caplog):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = client.post(
        "/report/",
        "description=" + "x" * 1000,
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 400
    assert b"too large" in response.content
    assert "DATA_UPLOAD_MAX_MEMORY_SIZE" in caplog.text


def test_too_many_fields_are_a_bad_request(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    response = client.post("/report/", {f"field{n}": n for n in range(11)})
    assert response.status_code == 400
    assert b"too many fields" in response.content


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=", b"--x"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
        ),
    ],
    ids=["no boundary", "empty boundary", "broken base64"],
)
def test_a_broken_multipart_body_is_a_bad_request(client, caplog, content_type, body):
    with caplog.at_level(logging.INFO):
        response = client.generic("POST", "/report/", body, content_type=content_type)
    assert response.status_code == 400
    assert b"cut off or is not encoded" in response.content
    assert "/report/" in caplog.text
    assert not Incident.objects.exists()


def test_a_multipart_body_that_ends_too_early_is_no_report(client):
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nFi'
    response = client.generic(
        "POST", "/report/", body, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 200
    assert not response.context["form"].is_valid()
    assert not Incident.objects.exists()


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
    monkeypatch.setattr(views, "MAX_FEATURES", 2)
    Incident.objects.bulk_create([make_incident() for _ in range(3)])
    collection = operator.get("/incidents.geojson").json()
    assert len(collection["features"]) == 2
    assert collection["capped"] is True


def test_text_of_users_cannot_break_the_json(operator, make_incident):
    make_incident(name='</script>"\u2028\\').save()
    [feature] = operator.get("/incidents.geojson").json()["features"]
    assert feature["properties"]["name"] == '</script>"\u2028\\'
