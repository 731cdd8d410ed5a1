import pytest

from tracker.forms import AreaForm, IncidentForm, ReportForm

pytestmark = pytest.mark.django_db

INCIDENT = {
    "name": "Fire",
    "description": "",
    "severity": "HI",
    "location_latitude": "52.5",
    "location_longitude": "13.4",
}
SQUARE = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}'
CROSSING = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}'


@pytest.mark.parametrize("form_class", [IncidentForm, ReportForm])
@pytest.mark.parametrize(
    ("field", "data", "advice"),
    [
        ("name", {"name": ""}, "This field is required."),
        ("name", {"name": "x" * 151}, "at most 150 characters"),
        ("description", {"description": "x" * 1001}, "at most 1000 characters"),
        ("severity", {"severity": "XX"}, "XX is not one of the available choices"),
        ("location", {"location_latitude": "91"}, "Latitude 91.0 is not between -90 and 90"),
        ("location", {"location_latitude": "", "location_longitude": ""}, "Mark the place"),
    ],
)
def test_a_bad_incident_is_refused_with_advice(form_class, field, data, advice):
    form = form_class({**INCIDENT, **data})
    assert form.errors.keys() == {field}
    [message] = form.errors[field]
    assert advice in message


def test_a_good_incident_is_accepted():
    assert IncidentForm({**INCIDENT, "closed": "on"}).is_valid()


def test_the_public_cannot_report_a_closed_incident():
    form = ReportForm({**INCIDENT, "closed": "on"})
    assert form.is_valid()
    assert not form.instance.closed


@pytest.mark.parametrize(
    ("field", "data", "advice"),
    [
        ("name", {"name": ""}, "This field is required."),
        ("severity", {"severity": "XX"}, "XX is not one of the available choices"),
        ("polygon", {"polygon": CROSSING}, "crosses or touches itself near longitude 1"),
        ("polygon", {"polygon": ""}, "Draw the area"),
    ],
)
def test_a_bad_area_is_refused_with_advice(field, data, advice):
    form = AreaForm({"name": "Harbour", "severity": "LO", "polygon": SQUARE, **data})
    assert form.errors.keys() == {field}
    [message] = form.errors[field]
    assert advice in message


def test_a_good_area_is_accepted():
    assert AreaForm({"name": "Harbour", "severity": "LO", "polygon": SQUARE}).is_valid()
