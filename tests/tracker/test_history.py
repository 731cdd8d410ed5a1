import pytest
from django.utils import translation
from shapely import Point

from tracker import history
from tracker.actors import acting

pytestmark = pytest.mark.django_db


def test_the_history_says_who_changed_what(make_incident, user):
    incident = make_incident(name="Fire")
    incident.save()
    incident.name, incident.severity = "Flood", "UR"
    with acting(user):
        incident.save()
    newest, oldest = history.of(incident)
    assert (newest.kind, newest.actor) == ("changed", "operator")
    assert newest.changes == [("Name", "Fire", "Flood"), ("Severity", "Medium", "Urgent")]
    assert (oldest.kind, oldest.actor, oldest.changes) == ("created", "", [])


def test_changes_are_told_as_the_page_says_them(make_incident):
    incident = make_incident(6.6, 54.5, severity="ME")
    incident.save()
    incident.location, incident.closed, incident.severity = Point(6.6, 54.7), True, "UR"
    incident.save()
    with translation.override("es"):
        changes = history.of(incident)[0].changes
    assert changes == [
        ("Gravedad", "Media", "Urgente"),
        ("Cerrado", "No", "Sí"),
        ("Lugar", "54.5, 6.6", "54.7, 6.6"),
    ]


def test_the_history_of_one_row_holds_no_other(make_incident):
    one, other = make_incident(), make_incident()
    one.save()
    other.save()
    assert len(history.of(one)) == 1
