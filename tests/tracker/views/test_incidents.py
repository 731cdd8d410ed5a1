import pytest
from shapely import Point

from tracker.models import Incident

pytestmark = pytest.mark.django_db

CHECKED = [f'value="{code}" checked' for code in ("UR", "ME", "LO")]


@pytest.mark.parametrize("page", ["/incidents/7/", "/areas/7/edit/", f"/incidents/{10**20}/"])
def test_a_row_that_is_gone_is_not_found(operator, page):
    assert operator.get(page).status_code == 404


def test_an_incident_is_added(operator, incident_data):
    response = operator.post("/incidents/add/", incident_data)
    incident = Incident.objects.get()
    assert response.url == incident.get_absolute_url()
    assert incident.location == Point(13.4, 52.5)


def test_an_incident_is_changed(operator, incident, incident_data):
    operator.post(f"/incidents/{incident.pk}/edit/", {**incident_data, "closed": "on"})
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


def test_a_list_is_sorted_by_its_address(operator, make_incident):
    Incident.objects.bulk_create([make_incident(name=name) for name in "bac"])
    response = operator.get("/incidents/", {"sort": "-name", "q": "", "page": 1})
    assert [row.name for row in response.context["object_list"]] == ["c", "b", "a"]
    page = response.content.decode()
    assert 'aria-sort="descending"><a href="?sort=name&amp;q=">Name' in page
    assert 'scope="col"><a href="?sort=severity&amp;q=">Severity' in page


def test_an_order_that_is_none_is_told(operator, incident):
    response = operator.get("/incidents/", {"sort": "colour"})
    assert list(response.context["object_list"]) == []
    assert "colour is not one of the available choices" in response.content.decode()


@pytest.mark.parametrize("query", ["severity=UR&severity=LO", "severity=UR,LO"])
def test_a_list_holds_several_severities(operator, make_incident, query):
    for severity in ("UR", "ME", "LO"):
        make_incident(name=severity, severity=severity).save()
    response = operator.get(f"/incidents/?{query}&sort=name")
    assert [row.name for row in response.context["object_list"]] == ["LO", "UR"]
    page = response.content.decode()
    assert [code in page for code in CHECKED] == [True, False, True]


@pytest.mark.parametrize(
    ("data", "field", "advice"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"severity": "XX"}, "severity", "XX is not one of the available choices"),
        ({"location_latitude": "91"}, "location", "Latitude 91.0 is not between"),
    ],
)
@pytest.mark.parametrize("page", ["/report/", "/incidents/add/"])
def test_a_bad_incident_is_refused_with_advice(operator, page, data, field, advice, incident_data):
    response = operator.post(page, {**incident_data, **data})
    assert response.status_code == 200
    assert advice in response.context["form"].errors[field][0]
    assert not Incident.objects.exists()
