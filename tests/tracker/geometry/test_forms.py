import json

import pytest
from django import forms
from shapely import Point, box

from tracker.geometry.forms import PointFormField, PolygonFormField
from tracker.geometry.shapes import to_geojson


class PlaceForm(forms.Form):
    place = PointFormField()


class AreaForm(forms.Form):
    area = PolygonFormField()


def test_a_point_is_typed_as_latitude_and_longitude():
    form = PlaceForm({"place_latitude": "52.5", "place_longitude": "-13.4"})
    assert form.is_valid()
    assert form.cleaned_data["place"] == Point(-13.4, 52.5)


@pytest.mark.parametrize(
    ("latitude", "longitude", "advice"),
    [
        ("91", "0", "Latitude 91.0 is not between -90 and 90"),
        ("0", "-181", "Longitude -181.0 is not between"),
        ("nan", "0", "The latitude is no number"),
        ("0", "inf", "The longitude is no number"),
        ("north", "0", "The latitude is no number"),
        ("5", "", "Give both the latitude and the longitude"),
        ("", "", "Mark the place on the map"),
    ],
)
def test_a_bad_point_is_refused_with_advice(latitude, longitude, advice):
    form = PlaceForm({"place_latitude": latitude, "place_longitude": longitude})
    assert not form.is_valid()
    assert advice in form.errors["place"][0]


def test_the_inputs_show_the_point_again():
    html = PlaceForm(initial={"place": Point(-13.4, 52.5)}).as_p()
    assert "data-point-input" in html
    assert 'name="place_latitude" value="52.5"' in html
    assert 'name="place_longitude" value="-13.4"' in html


def test_an_unchanged_point_is_no_change():
    data = {"place_latitude": "52.5", "place_longitude": "0"}
    assert not PlaceForm(data, initial={"place": Point(0, 52.5)}).has_changed()
    assert PlaceForm(data, initial={"place": Point(1, 52.5)}).has_changed()


def test_a_polygon_is_typed_as_geojson():
    form = AreaForm({"area": json.dumps(to_geojson(box(0, 0, 1, 1)))})
    assert form.is_valid()
    assert form.cleaned_data["area"] == box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "Draw the area on the map"),
        ("here", "This is not JSON"),
        ('{"type": "Point", "coordinates": [0, 0]}', "Expected a GeoJSON Polygon, not Point"),
        (
            '{"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2],[0,0]]]}',
            "crosses or touches itself near longitude 1, latitude 1",
        ),
    ],
)
def test_a_bad_polygon_is_refused_with_advice(text, advice):
    form = AreaForm({"area": text})
    assert not form.is_valid()
    assert advice in form.errors["area"][0]


def test_the_text_area_shows_the_polygon_again():
    html = AreaForm(initial={"area": box(0, 0, 1, 1)}).as_p()
    assert "data-polygon-input" in html
    assert "&quot;Polygon&quot;" in html


def test_the_text_area_shows_what_was_typed_again():
    assert "&lt;b&gt;" in AreaForm({"area": "<b>"}).as_p()


def test_an_unchanged_polygon_is_no_change():
    data = {"area": json.dumps(to_geojson(box(0, 0, 1, 1)))}
    assert not AreaForm(data, initial={"area": box(0, 0, 1, 1)}).has_changed()
    assert AreaForm(data, initial={"area": box(0, 0, 1, 2)}).has_changed()
