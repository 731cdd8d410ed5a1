import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from shapely import Point, box

from tracker.models import AreaOfInterest, Incident


@pytest.fixture
def incident(db, make_incident):
    incident = make_incident(13.4, 52.5)
    incident.save()
    return incident


def test_the_place_of_an_incident_is_typed(admin_client: Client):
    url = reverse("admin:tracker_incident_add")
    assert 'name="location_latitude"' in admin_client.get(url).content.decode()
    response = admin_client.post(
        url,
        {
            "name": "Fire",
            "severity": "UR",
            "location_latitude": "52.5",
            "location_longitude": "13.4",
        },
    )
    assert response.status_code == 302
    assert Incident.objects.get().location == Point(13.4, 52.5)


def test_an_impossible_place_is_refused(admin_client: Client):
    response = admin_client.post(
        reverse("admin:tracker_incident_add"),
        {"name": "Fire", "severity": "UR", "location_latitude": "91", "location_longitude": "0"},
    )
    assert "Latitude 91.0 is not between" in response.content.decode()
    assert not Incident.objects.exists()


def test_an_area_is_typed_as_geojson(admin_client: Client, make_area):
    make_area(0, 0, 1, 1).save()
    area = AreaOfInterest.objects.get()
    url = reverse("admin:tracker_areaofinterest_change", args=[area.pk])
    form = admin_client.get(url).context["adminform"].form
    polygon = form["polygon"].value().replace("1.0", "2.0")
    admin_client.post(url, {"name": "Wide", "severity": "LO", "polygon": polygon})
    area.refresh_from_db()
    assert area.polygon.equals(box(0, 0, 2, 2))


def test_the_lists_can_be_searched(admin_client: Client, incident):
    url = reverse("admin:tracker_incident_changelist")
    assert "Fire" in admin_client.get(url, {"q": "fir"}).content.decode()
    assert "0 incidents" in admin_client.get(url, {"q": "flood"}).content.decode()


@pytest.mark.django_db(transaction=True)
def test_deleting_in_the_admin_is_announced(client: Client, make_incident, notifications):
    client.force_login(User.objects.create_superuser("admin"))
    make_incident().save()
    notifications()
    client.post(
        reverse("admin:tracker_incident_changelist"),
        {
            "action": "delete_selected",
            "_selected_action": [Incident.objects.get().pk],
            "post": "yes",
        },
    )
    assert [notification["type"] for notification in notifications()] == ["post_delete"]
