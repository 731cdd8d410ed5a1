import pytest
from django.db import connection

from tracker import matching
from tracker.models import AreaOfInterest, Incident, Severity

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("many", [1, 10**6], ids=["one tree", "one query each"])
def test_both_ways_to_match_agree(make_incident, make_area, monkeypatch, many):
    monkeypatch.setattr(matching, "MANY", many)
    AreaOfInterest.objects.bulk_create(
        [
            make_area(west, 0, west + 2, 2, severity=severity)
            for west in range(4)
            for severity in Severity
        ]
    )
    incidents = Incident.objects.bulk_create(
        [
            make_incident(2, 2, severity=Severity.MEDIUM),
            make_incident(9, 9),
            make_incident(1, 1, closed=True),
            make_incident(1, 1, pending=True),
        ]
    )
    pairs = matching.areas_of(incidents, "default")
    assert {incident.pk for incident, _area in pairs} == {incidents[0].pk}
    assert sorted({area.severity for _incident, area in pairs}) == ["IN", "LO", "ME"]
    assert len(pairs) == 3 * 3
    assert set(matching.incidents_of(list(AreaOfInterest.objects.all()), "default")) == set(pairs)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_matching_holds_a_lock_until_the_transaction_ends(make_incident):
    make_incident().save()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT mode FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchall() == [("ShareLock",)]


@pytest.mark.parametrize("count", [0, 1, 30])
def test_areas_without_incidents_and_incidents_without_areas_match_nothing(
    make_incident, make_area, count
):
    areas = [make_area(0, 0, 1, 1) for _ in range(count)]
    incidents = [make_incident(0, 0) for _ in range(count)]
    assert matching.incidents_of(areas, "default") == []
    assert matching.areas_of(incidents, "default") == []
