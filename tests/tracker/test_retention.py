from datetime import timedelta

import pytest
from django.utils import timezone

from tracker import relay, retention
from tracker.clock import Clock
from tracker.models import LogHead, Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(make_incident):
    """Five notifications of five, four … days ago."""
    for _ in range(5):
        make_incident().save()
    relay.publish()
    for row in Notification.objects.all():
        age = timedelta(days=6 - row.sequence, hours=1)
        Notification.objects.filter(pk=row.pk).update(created=timezone.now() - age)


def kept() -> list[int]:
    return sorted(Notification.objects.values_list("sequence", flat=True))


def test_the_log_is_kept_for_ever_unless_it_is_told(log):
    assert retention.trim() == 0
    assert kept() == [1, 2, 3, 4, 5]


def test_what_is_too_old_is_deleted(log, settings):
    settings.TRACKER_LOG_DAYS = 3
    assert retention.trim() == 3
    assert kept() == [4, 5]
    assert retention.trim() == 0


def test_nothing_is_deleted_out_of_the_middle(log, settings):
    settings.TRACKER_LOG_DAYS = 3
    Notification.objects.filter(sequence=2).update(created=timezone.now())
    retention.trim()
    assert kept() == [2, 3, 4, 5]


def test_what_was_not_published_is_kept(log, settings):
    settings.TRACKER_LOG_DAYS = 3
    Notification.objects.filter(sequence=1).update(sequence=None, published=None)
    retention.trim()
    assert Notification.objects.filter(published=None).exists()


def test_many_are_deleted_little_by_little(log, settings, monkeypatch):
    settings.TRACKER_LOG_DAYS = 3
    monkeypatch.setattr(retention, "BATCH", 2)
    assert [retention.trim(), retention.trim()] == [2, 1]


def test_the_clock_of_a_worker_does_it(log, settings):
    settings.TRACKER_LOG_DAYS = 3
    LogHead.objects.update(beat=timezone.now() - timedelta(minutes=1))
    Clock().tick()
    assert kept() == [4, 5]
