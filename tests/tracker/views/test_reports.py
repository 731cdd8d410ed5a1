import pytest
from django.test import Client

from tracker.models import Incident

pytestmark = pytest.mark.django_db


def test_the_public_reports_without_a_login(client, incident_data):
    assert client.get("/report/").status_code == 200
    assert client.post("/report/", incident_data).url == "/report/thanks/"
    assert client.get("/report/thanks/").status_code == 200
    assert Incident.objects.get().name == "Fire"


def test_a_report_of_another_site_is_refused(incident_data):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/report/", incident_data).status_code == 403
    assert not Incident.objects.exists()


def test_a_multipart_body_that_ends_too_early_is_no_report(client):
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nFi'
    response = client.generic(
        "POST", "/report/", body, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 200
    assert not response.context["form"].is_valid()
    assert not Incident.objects.exists()


@pytest.fixture
def send(client, incident_data):
    """Call it with fields to send a report as a page sends a kept draft."""

    def send(address="127.0.0.1", **fields):
        headers = {"HTTP_ACCEPT": "application/json", "REMOTE_ADDR": address}
        return client.post("/report/", {**incident_data, **fields}, **headers)

    return send


def test_the_form_names_each_report(client):
    keys = [client.get("/report/").context["form"]["key"].value() for _ in range(2)]
    assert len(set(keys)) == 2


def test_a_draft_that_is_sent_twice_arrives_once(send):
    assert [send(key="draft-123").status_code for _ in range(2)] == [201, 201]
    assert Incident.objects.count() == 1


def test_a_key_with_another_report_is_refused(send):
    send(key="draft-123")
    response = send(key="draft-123", name="Flood")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_mismatch")
    assert response["Content-Type"] == "application/problem+json"
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("key", ["short", "x" * 101, "with spaces in it"])
def test_a_bad_key_is_refused(send, key):
    response = send(key=key)
    assert (response.status_code, list(response.json()["errors"])) == (400, ["key"])


def test_a_bad_report_of_a_page_is_told_by_field(send):
    problem = send(name="", location_latitude="91").json()
    assert (problem["code"], set(problem["errors"])) == ("invalid", {"name", "location"})


def test_another_address_of_the_same_network_does_not_help_to_report_more(send, settings):
    settings.TRACKER_REPORTS_AN_HOUR = 1
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
    assert [send(address).status_code for address in addresses] == [201, 429, 201]


def test_too_many_reports_wait(client, send, incident_data, settings):
    settings.TRACKER_REPORTS_AN_HOUR = 1
    send()
    response = send()
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response["Retry-After"] == "3600"
    page = client.post("/report/", incident_data)
    assert page.status_code == 429
    assert "within an hour" in page.content.decode()
    assert Incident.objects.count() == 1


def test_who_fills_in_the_trap_learns_nothing_and_changes_nothing(client, incident_data):
    response = client.post("/report/", {**incident_data, "website": "https://spam.example"})
    assert response.url == "/report/thanks/"
    assert not Incident.objects.exists()


def test_a_report_awaits_its_review_if_a_setting_says_so(client, incident_data, settings):
    settings.TRACKER_REVIEW_REPORTS = True
    client.post("/report/", incident_data)
    assert Incident.objects.get().pending
    assert not Incident.objects.published().exists()


def test_reports_nearby_are_told_to_the_public(client, make_incident):
    make_incident(4, 54, name="Fire").save()
    answer = client.get("/report/nearby/?latitude=54&longitude=4").json()
    assert [item["name"] for item in answer["reports"]] == ["Fire"]
    assert (answer["hours"], answer["radius_m"]) == (6, 1000)


@pytest.mark.parametrize(
    "query", ["", "latitude=1", "latitude=91&longitude=0", "latitude=nan&longitude=0"]
)
def test_a_bad_place_is_a_bad_request(client, query):
    response = client.get(f"/report/nearby/?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
