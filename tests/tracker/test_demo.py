import pytest
from django.core.exceptions import ValidationError

from tracker import demo
from tracker.models import Alert, AreaOfInterest, Incident


@pytest.mark.parametrize("row", [*demo.incidents(), *demo.areas()], ids=str)
def test_every_row_is_valid(db, row):
    try:
        row.full_clean()
    except ValidationError as error:
        pytest.fail(f"{row}: {error}")


def test_some_incidents_raise_alerts(db):
    demo.load()
    alerts = [
        incident
        for incident in Incident.objects.open()
        if AreaOfInterest.objects.alerted_by(incident).exists()
    ]
    assert len(alerts) >= 3


def test_loading_again_adds_only_what_is_missing(db):
    demo.load()
    Incident.objects.first().delete()
    incidents, areas = Incident.objects.count() + 1, AreaOfInterest.objects.count()
    demo.load()
    assert (Incident.objects.count(), AreaOfInterest.objects.count()) == (incidents, areas)


def test_the_demo_begins_with_alerts_in_the_inbox(db):
    demo.load()
    assert Alert.objects.active().count() >= 3
