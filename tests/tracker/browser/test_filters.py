"""filters.js: filters in the address, and what passes them."""

import pytest

AREA = {"geometry": {"coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}}


def incident(**properties):
    facts = {
        "name": "Burst pipe",
        "description": "Cellar under water",
        "severity_code": "HI",
        "closed": False,
        "created": "2026-01-01T10:00:00+00:00",
        **properties,
    }
    return {"properties": facts, "geometry": {"coordinates": [10, 5]}}


@pytest.mark.parametrize(
    "query",
    ["", "?severity=UR%2CLO", "?state=all&q=a+b", "?hours=24&area=3&sort=-name"],
)
def test_address_survives_reading_and_writing(run, query):
    assert run("filters.js", "(m, query) => m.formatFilters(m.parseFilters(query))", query) == query


@pytest.mark.parametrize(
    "query", ["?severity=XX", "?state=maybe&sort=-toString", "?hours=-3", "?hours=x"]
)
def test_what_is_not_understood_in_the_address_is_left_out(run, query):
    assert run("filters.js", "(m, query) => m.formatFilters(m.parseFilters(query))", query) == ""


@pytest.mark.parametrize(
    ("query", "properties", "passes"),
    [
        ("", {}, True),
        ("", {"closed": True}, False),
        ("?state=closed", {"closed": True}, True),
        ("?state=all", {"closed": True}, True),
        ("?severity=UR", {}, False),
        ("?severity=UR,HI", {}, True),
        ("?q=CELLAR", {}, True),
        ("?q=attic", {}, False),
        ("?hours=1", {"created": "2026-01-01T11:30:00+00:00"}, True),
        ("?hours=1", {}, False),
        ("?area=3", {}, True),  # on its boundary
        ("?area=4", {}, False),  # which nobody knows
    ],
)
def test_filter(run, query, properties, passes):
    function = """(m, [query, incident, area]) => {
        const areas = new Map([["AreaOfInterest:3", area]]);
        const now = Date.parse("2026-01-01T12:00:00Z");
        return m.incidentFilter(m.parseFilters(query), areas, now)(incident);
    }"""

    assert run("filters.js", function, [query, incident(**properties), AREA]) is passes


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("severity", "bca"),
        ("-severity", "abc"),  # the newest of equal ones first, either way
        ("newest", "abc"),
        ("-newest", "cba"),
        ("name", "abc"),
        ("-name", "cba"),
        ("state", "abc"),
        ("-state", "cab"),
    ],
)
def test_order(run, sort, names):
    incidents = [
        incident(pk=3, name="a", severity_code="LO", created="2026-01-01T12:00:00+00:00"),
        incident(pk=2, name="b", severity_code="UR", created="2026-01-01T11:00:00+00:00"),
        incident(pk=1, name="c", severity_code="UR", closed=True),
    ]
    function = "(m, [sort, incidents]) => incidents.sort(m.incidentOrder({ sort }))"
    ordered = run("filters.js", function, [sort, incidents])
    assert "".join(each["properties"]["name"] for each in ordered) == names
