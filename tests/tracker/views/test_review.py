import pytest

from tracker.models import Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(make_incident):
    report = make_incident(pending=True)
    report.save()
    return report


def test_the_queue_begins_with_who_waits_longest(operator, report, make_incident, incident):
    later = make_incident(pending=True)
    later.save()
    assert list(operator.get("/review/").context["object_list"]) == [report, later]


def test_an_approved_report_is_shown(operator, report):
    assert operator.post(f"/review/{report.pk}/approve/").url == "/review/"
    assert list(Incident.objects.published()) == [report]


def test_a_rejected_report_is_gone(operator, report):
    operator.post(f"/review/{report.pk}/reject/")
    assert not Incident.objects.exists()


def test_a_decision_is_made_once(operator, incident):
    assert operator.post(f"/review/{incident.pk}/reject/").status_code == 404
    assert Incident.objects.exists()


def test_a_report_under_review_is_for_reviewers(client, viewer, report):
    client.force_login(viewer)
    assert client.get("/review/").status_code == 403
    assert client.get(report.get_absolute_url()).status_code == 404
    assert client.get("/incidents.geojson?state=all").json()["features"] == []
    assert list(client.get("/incidents/").context["object_list"]) == []
