from datetime import timedelta

import pytest
from django.utils import timezone

from tracker.models import Incident
from tracker.sorting import DEFAULT_SORT, SORTS, columns, order


@pytest.fixture
def incidents(db, make_incident):
    """Three of them; each is the first in some order."""
    rows = [
        make_incident(name="apple", severity="LO"),
        make_incident(name="Bread", severity="UR"),
        make_incident(name="cheese", severity="UR", closed=True),
    ]
    for age, row in enumerate(rows):
        row.save()
        created = timezone.now() - timedelta(hours=age)
        Incident.objects.filter(pk=row.pk).update(created=created)


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("severity", "Bca"),
        ("-severity", "aBc"),  # the newest of equal ones first, either way
        ("newest", "aBc"),
        ("-newest", "cBa"),
        ("name", "aBc"),
        ("-name", "cBa"),
        ("state", "aBc"),
        ("-state", "caB"),
    ],
)
def test_incidents_are_put_in_order(incidents, sort, names):
    rows = Incident.objects.order_by(*order(sort))
    assert "".join(row.name[0] for row in rows) == names


def test_every_order_can_be_asked_for(incidents):
    assert all(Incident.objects.order_by(*order(sort)).count() == 3 for sort in SORTS)


def test_a_column_says_its_direction_and_offers_the_other():
    heads = {str(column.label): column[1:] for column in columns("-name")}
    assert heads["Name"] == ("name", "descending")
    assert heads["Severity"] == ("severity", "")


def test_a_press_turns_the_column_that_sorts():
    heads = {str(column.label): column[1:] for column in columns(DEFAULT_SORT)}
    assert heads["Reported"] == ("-newest", "descending")


def test_the_least_severe_first_is_ascending():
    heads = {str(column.label): column[1:] for column in columns("-severity")}
    assert heads["Severity"] == ("severity", "ascending")
