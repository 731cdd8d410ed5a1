from datetime import timedelta

import pytest
from django.utils import timezone
from shapely import box

from tracker import dryrun
from tracker.models import Incident

pytestmark = pytest.mark.django_db


def test_incidents_of_thirty_days_are_counted(make_incident):
    for fields in (
        {"severity": "UR"},
        {"severity": "HI", "closed": True},
        {"severity": "LO"},
        {"severity": "UR", "longitude": 50},
        {"severity": "UR", "pending": True},
        {"severity": "UR", "name": "old"},
    ):
        make_incident(**{"longitude": 1, "latitude": 1, **fields}).save()
    Incident.objects.filter(name="old").update(created=timezone.now() - timedelta(days=31))
    assert dryrun.count(box(0, 0, 1, 1), "ME") == {
        "days": 30,
        "count": 2,
        "open": 1,
        "by_severity": {"UR": 1, "HI": 1},
    }
