import pytest
from shapely import box

from tracker.models import AreaOfInterest

pytestmark = pytest.mark.django_db


def test_an_area_is_added_changed_and_deleted(operator, area_data):
    response = operator.post("/areas/add/", area_data)
    area = AreaOfInterest.objects.get()
    assert response.url == area.get_absolute_url()
    assert area.polygon.equals(box(0, 0, 2, 2))

    operator.post(f"/areas/{area.pk}/edit/", {**area_data, "name": "Port"})
    assert AreaOfInterest.objects.get().name == "Port"

    assert operator.post(f"/areas/{area.pk}/delete/").url == "/areas/"
    assert not AreaOfInterest.objects.exists()


@pytest.mark.parametrize("page", ["/areas/", "/areas/add/", "/areas/{}/", "/areas/{}/delete/"])
def test_the_pages_of_areas(operator, area, page):
    assert operator.get(page.format(area.pk)).status_code == 200


def test_an_area_that_crosses_itself_is_refused_with_advice(operator, area_data):
    crossing = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}'
    response = operator.post("/areas/add/", {**area_data, "polygon": crossing})
    assert "crosses or touches itself" in response.context["form"].errors["polygon"][0]
    assert not AreaOfInterest.objects.exists()
