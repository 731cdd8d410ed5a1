import pytest

from tracker import reports
from tracker.models import Incident, Receipt
from tracker.reports import Report, ReportRefused, take_in

pytestmark = pytest.mark.django_db


def test_the_same_report_again_is_taken_in_once(make_incident):
    first = take_in(Report(make_incident(), "key-12345", "1.2.3.4"))
    again = take_in(Report(make_incident(), "key-12345", "1.2.3.4"))
    assert first == again
    assert Incident.objects.count() == 1


def test_a_key_of_another_report_is_refused(make_incident):
    take_in(Report(make_incident(), "key-12345", "1.2.3.4"))
    with pytest.raises(ReportRefused, match="new key") as refusal:
        take_in(Report(make_incident(name="Flood"), "key-12345", "1.2.3.4"))
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_mismatch")
    assert Incident.objects.count() == 1


def test_a_report_whose_incident_is_gone_does_not_come_back(make_incident):
    take_in(Report(make_incident(), "key-12345", "1.2.3.4"))
    Incident.objects.all().delete()
    assert take_in(Report(make_incident(), "key-12345", "1.2.3.4")) is None


def test_one_sender_may_send_so_many_and_others_go_on(make_incident):
    for _ in range(2):
        take_in(Report(make_incident(), "", "1.2.3.4"), limit=2)
    with pytest.raises(ReportRefused, match="within an hour") as refusal:
        take_in(Report(make_incident(), "", "1.2.3.4"), limit=2)
    assert (refusal.value.status, refusal.value.code) == (429, "throttled")
    take_in(Report(make_incident(), "", "5.6.7.8"), limit=2)
    assert Incident.objects.count() == 3


def test_a_report_that_is_repeated_does_not_count_twice(make_incident):
    for _ in range(3):
        take_in(Report(make_incident(), "key-12345", "1.2.3.4"), limit=1)
    assert Incident.objects.count() == 1


def test_an_address_is_not_kept_as_it_is(make_incident):
    take_in(Report(make_incident(), "", "1.2.3.4"))
    assert "1.2.3.4" not in Receipt.objects.get().sender


def test_old_receipts_are_thrown_away(make_incident):
    take_in(Report(make_incident(), "key-12345", "1.2.3.4"))
    Receipt.objects.update(created="2020-01-01T00:00:00Z")
    take_in(Report(make_incident(), "key-67890", "1.2.3.4"))
    assert [receipt.key for receipt in Receipt.objects.all()] == ["key-67890"]


def test_reports_of_the_public_await_a_review_if_a_setting_says_so(settings):
    settings.TRACKER_REVIEW_REPORTS = True
    assert reports.awaits_review()
