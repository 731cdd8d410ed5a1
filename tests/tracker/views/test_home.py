import pytest
from django.urls import clear_script_prefix, reverse, set_script_prefix

pytestmark = pytest.mark.django_db


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


def test_a_page_below_another_path_finds_its_socket_and_the_api_there(operator):
    set_script_prefix("/map/")
    try:
        page = operator.get("/").content.decode()
    finally:
        clear_script_prefix()
    assert 'data-api-url="/map/api/v1/"' in page
    assert 'data-socket-url="/map/notifications/"' in page
