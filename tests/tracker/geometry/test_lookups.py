import pytest
from django.db.models import Exists, F, OuterRef
from shapely import Point, Polygon, box

from tracker.models import AreaOfInterest, Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def triangle(make_area):
    area = make_area(0, 0, 0, 0, polygon=Polygon([(0, 0), (4, 0), (0, 4)]))
    area.save()
    return area


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ((1, 1), True),
        ((0, 0), True),  # a corner
        ((2, 2), True),  # on the long side
        ((3, 3), False),  # in the bounding box only
        ((9, 9), False),
    ],
)
def test_an_area_contains_its_boundary(triangle, make_incident, place, inside):
    make_incident(*place).save()
    assert AreaOfInterest.objects.filter(polygon__contains=Point(place)).exists() is inside
    assert Incident.objects.filter(location__within=triangle.polygon).exists() is inside


def test_a_hole_does_not_belong_to_an_area(make_area):
    ring = Polygon(box(0, 0, 9, 9).exterior, [box(3, 3, 6, 6).exterior])
    make_area(0, 0, 0, 0, polygon=ring).save()
    assert not AreaOfInterest.objects.filter(polygon__contains=Point(4, 4)).exists()
    assert AreaOfInterest.objects.filter(polygon__contains=Point(3, 4)).exists()


def test_columns_can_be_compared_with_each_other(triangle, make_incident):
    make_incident(1, 1, name="in").save()
    make_incident(9, 9, name="out").save()
    areas = AreaOfInterest.objects.filter(polygon__contains=OuterRef("location"))
    assert [incident.name for incident in Incident.objects.filter(Exists(areas))] == ["in"]
    assert AreaOfInterest.objects.filter(polygon__contains=F("polygon")).get() == triangle


@pytest.mark.parametrize(
    ("area", "found"),
    [
        (box(1, 1, 2, 2), True),
        (box(0, 0, 1, 1), True),  # the incident is its corner
        (box(1.5, 0, 2, 2), False),
        (box(-2, -2, -1, -1), False),
    ],
)
def test_a_box_finds_the_points_in_it(make_incident, area, found):
    make_incident(1, 1).save()
    assert Incident.objects.filter(location__bboverlaps=area).exists() is found


def test_a_box_finds_the_areas_whose_box_it_overlaps(triangle):
    areas = AreaOfInterest.objects
    assert areas.filter(polygon__bboverlaps=box(3, 3, 9, 9)).exists()
    assert not areas.filter(polygon__bboverlaps=box(5, 0, 9, 9)).exists()
    assert areas.exclude(polygon__bboverlaps=box(5, 0, 9, 9)).get() == triangle
