import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from tracker.geometry.sqlite import boxes_overlap, covered_by, covers, decode, encode


@pytest.mark.parametrize("geometry", [Point(13.4, -52.5), box(-10, 40, 5.5, 60)])
def test_a_stored_value_holds_the_geometry(geometry):
    assert decode(encode(geometry)) == geometry


def test_a_stored_value_is_a_geopackage_binary():
    value = encode(Point(1, 2))
    assert value[:8] == b"GP\x00\x03" + (4326).to_bytes(4, "little")
    assert shapely.from_wkb(value[40:]) == Point(1, 2)


def test_the_altitude_is_not_stored():
    assert encode(Point(1, 2, 3)) == encode(Point(1, 2))


TRIANGLE = encode(Polygon([(0, 0), (4, 0), (0, 4)]))


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ((1, 1), True),
        ((0, 0), True),  # a corner
        ((2, 2), True),  # on the long side
        ((3, 3), False),  # in the bounding box only
        ((5, 1), False),
        ((-1, 1), False),
        ((1, 5), False),
        ((1, -1), False),
    ],
)
def test_the_boundary_belongs_to_an_area(place, inside):
    assert covers(TRIANGLE, encode(Point(place))) is inside
    assert covered_by(encode(Point(place)), TRIANGLE) is inside


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        (box(3, 3, 9, 9), True),
        (box(4, 4, 9, 9), True),  # a corner of the box
        (box(4.1, 0, 9, 9), False),
        (box(-9, 0, -0.1, 9), False),
        (box(0, 4.1, 9, 9), False),
        (LineString([(0, -9), (9, -0.1)]), False),
    ],
)
def test_boxes_overlap_when_they_share_a_point(other, overlap):
    assert boxes_overlap(TRIANGLE, encode(other)) is overlap
    assert boxes_overlap(encode(other), TRIANGLE) is overlap


@pytest.mark.parametrize("function", [covers, covered_by, boxes_overlap])
def test_nothing_is_known_about_null(function):
    assert function(None, TRIANGLE) is None
    assert function(TRIANGLE, None) is None
