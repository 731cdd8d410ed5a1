import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from shapely import Point

from tracker import transfer
from tracker.models import AreaOfInterest, Incident

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
WITH_HOLE = [*SQUARE["coordinates"], [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 0.5]]]


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    properties = {"name": "Harbour", **properties}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def errors_of(model: Any, document: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refusal:
        transfer.read_rows(model, document)
    return refusal.value.message_dict


def test_areas_are_read_with_their_holes(db):
    [area] = transfer.read_rows(
        AreaOfInterest,
        collection(feature({"type": "Polygon", "coordinates": WITH_HOLE}, severity="High")),
    )
    assert (area.name, area.severity, len(area.polygon.interiors)) == ("Harbour", "HI", 1)


def test_what_is_written_can_be_read(db, make_incident):
    make_incident(1, 2, name="Fire", severity="UR", closed=True).save()
    text = "".join(transfer.write_geojson(Incident.objects.all()))
    [incident] = transfer.read_rows(Incident, json.loads(text))
    assert (incident.name, incident.severity, incident.closed) == ("Fire", "UR", True)
    assert incident.location == Point(1, 2)


def test_an_export_without_rows_is_a_collection_too():
    assert json.loads("".join(transfer.write_geojson([])))["features"] == []


@pytest.mark.parametrize(
    ("geometry", "advice"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, "Expected a GeoJSON Polygon, not Point"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2]]]}, "outline is open"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [200, 0], [2, 2], [0, 0]]]}, "Longitude 200"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "covers nothing"),
        (
            {
                "type": "Polygon",
                "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
            },
            "whole world",
        ),
        ({"type": "Polygon", "coordinates": []}, "empty"),
        ("here", "This is not JSON"),
        ({"type": "Polygon", "coordinates": [[[0, float("nan")], [1, 1], [2, 0], [0, 0]]]}, "nan"),
    ],
)
def test_a_bad_geometry_is_named_by_its_place(db, geometry, advice):
    errors = errors_of(AreaOfInterest, collection(feature(), feature(geometry)))
    assert list(errors) == ["features[1].geometry"]
    assert advice in errors["features[1].geometry"][0]


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        ({"name": ""}, "features[0].properties.name"),
        ({"name": "x" * 151}, "features[0].properties.name"),
        ({"name": "a\x00b"}, "features[0].properties.name"),
        ({"severity": "Terrible"}, "features[0].properties.severity"),
        ({"severity": ["HI"]}, "features[0].properties.severity"),
    ],
)
def test_bad_properties_are_named_by_their_place(db, bad, place):
    assert list(errors_of(AreaOfInterest, collection(feature(**bad)))) == [place]


@pytest.mark.parametrize("broken", [None, 3, {}, {"type": "Feature"}])
def test_what_is_no_feature_is_refused(db, broken):
    assert list(errors_of(AreaOfInterest, collection(broken))) == ["features[0]"]


@pytest.mark.parametrize("document", [None, [], {"type": "Feature"}, {"type": "FeatureCollection"}])
def test_what_is_no_collection_is_refused(document):
    with pytest.raises(ValidationError, match="Expected a GeoJSON FeatureCollection"):
        transfer.read_rows(AreaOfInterest, document)


def test_too_many_features_are_refused():
    with pytest.raises(transfer.TooMuch, match="at most 5000"):
        transfer.read_rows(AreaOfInterest, collection(*[None] * 5001))


@pytest.mark.parametrize("body", [b"{", b"NaN", b"[Infinity]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(ValidationError, match="not JSON"):
        transfer.parse(body)


def test_ten_megabytes_are_refused():
    with pytest.raises(transfer.TooMuch, match="At most 5 MB"):
        transfer.parse(b" " * 10_000_000)


def test_a_table_has_a_head_and_a_line_for_each_row(db, make_incident):
    make_incident(1, 2, name='A "big", fire').save()
    head, line = transfer.write_csv(Incident, Incident.objects.all())
    assert head.startswith("id,name,description,severity,closed,longitude,latitude,created")
    assert ',"A ""big"", fire",,ME,False,1.0,2.0,' in line


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1", "\t=1"])
def test_a_spreadsheet_runs_nothing(make_incident, db, name):
    make_incident(name=name).save()
    _head, line = transfer.write_csv(Incident, Incident.objects.all())
    assert f",'{name}," in line
