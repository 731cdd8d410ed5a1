import pytest

from tracker import relay, replay
from tracker.models import LogHead
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


@pytest.mark.parametrize(
    ("epoch", "seq", "reason"), [("other", 5, "epoch"), (None, 6, "future"), (None, 1, "too_old")]
)
def test_what_is_not_known_is_refused(head, epoch, seq, reason):
    with pytest.raises(replay.CannotReplay) as refusal:
        replay.missed(Position(epoch or head.epoch, seq), head, limit=3)
    assert refusal.value.reason == reason
