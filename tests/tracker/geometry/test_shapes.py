import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from shapely import LineString, Point, Polygon

from tracker.geometry.shapes import MAX_POSITIONS, check, from_geojson, to_geojson

SQUARE = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def point(*position: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(position)}


def refusal(value: Any, kind: str) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        from_geojson(value, kind)
    return caught.value


def test_a_point_is_read_from_an_object_and_from_text():
    assert from_geojson(point(13.4, 52.5), "Point") == Point(13.4, 52.5)
    assert from_geojson(json.dumps(point(13.4, 52.5)), "Point") == Point(13.4, 52.5)


def test_the_altitude_is_left_out():
    assert not from_geojson(point(13.4, 52.5, 100), "Point").has_z


def test_a_polygon_keeps_its_holes():
    hole = [[1, 1], [2, 1], [2, 2], [1, 1]]
    assert len(from_geojson(polygon(SQUARE, hole), "Polygon").interiors) == 1


def test_what_is_written_can_be_read_again():
    area = from_geojson(polygon(SQUARE), "Polygon")
    assert from_geojson(json.dumps(to_geojson(area)), "Polygon") == area


@pytest.mark.parametrize(
    ("position", "code", "advice"),
    [
        ((0, 91), "latitude", "Latitude 91 is not between -90 and 90"),
        ((0, -90.5), "latitude", "Latitude -90.5 is not"),
        ((181, 0), "longitude", "Longitude 181 is not between -180 and 180"),
        ((float("nan"), 0), "longitude", "Longitude nan is not"),
        ((0, float("inf")), "latitude", "Latitude inf is not"),
        ((0, 10**400), "latitude", "Latitude 10000"),
        (("4", "54"), "position", "write [longitude, latitude]"),
        ((True, False), "position", "write [longitude, latitude]"),
        ((4,), "position", "write [longitude, latitude]"),
        ((), "position", "write [longitude, latitude]"),
    ],
)
def test_a_bad_position_is_refused_with_advice(position, code, advice):
    error = refusal(point(*position), "Point")
    assert error.code == code
    assert advice in error.messages[0]


@pytest.mark.parametrize(
    ("rings", "code", "advice"),
    [
        ([[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]], "invalid", "near longitude 1, latitude 1"),
        ([[[0, 0], [2, 2], [0, 0]]], "too_short", "at least three different points"),
        ([[[0, 0], [1, 1], [1, 1], [0, 0]]], "too_short", "this outline has 2"),
        ([[[0, 0], [1, 1], [2, 2], [0, 0]]], "no_area", "points lie on one line"),
        (
            [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
            "whole_world",
            "draw the part that matters",
        ),
        ([SQUARE[:-1]], "open", "repeat its first point"),
        ([SQUARE, [[9, 9], [8, 9], [8, 8], [9, 9]]], "invalid", "Hole lies outside shell"),
        ([], "empty", "give a list with its outline"),
        ([[]], "too_short", "this outline has 0"),
        ([4], "too_short", "this outline has 0"),
        ([[4, 5]], "position", "4 is not a position"),
    ],
)
def test_a_bad_polygon_is_refused_with_advice(rings, code, advice):
    error = refusal(polygon(*rings), "Polygon")
    assert error.code == code
    assert advice in error.messages[0]


@pytest.mark.parametrize("coordinates", [None, "0 0", 7, {}])
def test_coordinates_that_are_no_list_are_refused(coordinates):
    assert refusal({"type": "Polygon", "coordinates": coordinates}, "Polygon").code == "empty"
    assert refusal({"type": "Point", "coordinates": coordinates}, "Point").code == "position"


@pytest.mark.parametrize(
    "value", [point(1, 2), {"type": ["Polygon"]}, {}, 5, [], {"type": "Feature"}, "[]", "null"]
)
def test_another_kind_of_geometry_is_refused(value):
    error = refusal(value, "Polygon")
    assert error.code == "geometry_type"
    assert "Expected a GeoJSON Polygon" in error.messages[0]


@pytest.mark.parametrize("text", ["", "POLYGON ((0 0))", "{", "[" * 100_000, "9" * 5000])
def test_text_that_is_no_json_is_refused(text):
    assert refusal(text, "Polygon").code == "json"


def test_a_polygon_with_too_many_points_is_refused():
    ring = [[n * 1e-3, 0] for n in range(MAX_POSITIONS)] + [[0, 1], [0, 0]]
    assert refusal(polygon(ring), "Polygon").code == "too_long"


@pytest.mark.parametrize(
    "geometry", [Point(), Polygon(), Point(0, 91), Polygon([(0, 0), (200, 0), (0, 1)])]
)
def test_a_shapely_value_that_no_map_can_show_is_refused(geometry):
    with pytest.raises(ValidationError):
        check(geometry)


def test_the_edges_of_the_globe_belong_to_it():
    check(LineString([(-180, -90), (180, 90)]))
