import pytest

from tracker import relay, replay
from tracker.models import LogHead, Notification
from tracker.position import Position

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(make_incident):
    for _ in range(5):
        make_incident().save()
    relay.publish()
    return LogHead.current()


def test_what_was_missed_comes_in_order(head):
    assert [row.sequence for row in replay.missed(Position(head.epoch, 2), head)] == [3, 4, 5]


def test_who_is_up_to_date_missed_nothing(head):
    assert replay.missed(head.position, head) == []


def test_what_comes_first_is_given_first(head):
    rows = replay.following(Position(head.epoch, 1), head, 2)
    assert [row.sequence for row in rows] == [2, 3]


def test_who_missed_what_is_deleted_by_now_is_refused(head):
    Notification.objects.filter(sequence__lte=3).delete()
    assert [row.sequence for row in replay.missed(Position(head.epoch, 3), head)] == [4, 5]
    with pytest.raises(replay.CannotReplay, match="too_old"):
        replay.missed(Position(head.epoch, 2), head)


def test_a_log_that_is_deleted_altogether_still_knows_who_is_up_to_date(head):
    Notification.objects.all().delete()
    assert replay.missed(head.position, head) == []
    with pytest.raises(replay.CannotReplay, match="too_old"):
        replay.missed(Position(head.epoch, 4), head)


@pytest.mark.parametrize(
    ("epoch", "seq", "reason"), [("other", 5, "epoch"), (None, 6, "future"), (None, 1, "too_old")]
)
def test_what_is_not_known_is_refused(head, epoch, seq, reason):
    with pytest.raises(replay.CannotReplay) as refusal:
        replay.missed(Position(epoch or head.epoch, seq), head, limit=3)
    assert refusal.value.reason == reason
