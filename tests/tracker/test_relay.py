import json
import threading
from typing import Any

import pytest
from django.db import connection, transaction

from channels.layers.exceptions import LayerUnavailable
from tracker import relay
from tracker.models import Incident, LogHead, Notification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def received(layer: Any) -> Any:
    """Call it for the sequences that a page got."""
    layer.group_add("notifications", "test.page")

    def sequences() -> list[int]:
        messages = iter(lambda: layer.receive(["test.page"])[1], None)
        return [json.loads(message["text"])["seq"] for message in messages]

    return sequences


def test_sequences_follow_each_other_without_a_gap(make_incident, received, monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 3)
    for _ in range(8):
        make_incident().save()
    relay.publish()
    assert received() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert LogHead.current().sequence == 8
    assert not Notification.objects.unpublished().exists()


def test_nothing_is_published_twice(make_incident, received):
    make_incident().save()
    relay.publish()
    relay.publish()
    assert received() == [1]


def test_a_change_that_is_rolled_back_leaves_no_trace(make_incident):
    with transaction.atomic():
        make_incident().save()
        transaction.set_rollback(True)
    relay.publish()
    assert not Notification.objects.exists()
    assert LogHead.objects.filter(sequence__gt=0).count() == 0


def test_what_could_not_be_sent_keeps_its_sequence_and_is_sent_later(
    make_incident, received, monkeypatch
):
    def away(*args: Any) -> None:
        raise LayerUnavailable("Redis does not answer.")

    make_incident(name="first").save()
    with monkeypatch.context() as patch:
        patch.setattr(relay, "broadcast", away)
        with pytest.raises(LayerUnavailable):
            relay.publish()
    first = Notification.objects.get()
    assert (first.sequence, first.published) == (1, None)
    make_incident(name="second").save()
    relay.publish()
    assert received() == [1, 2]
    first.refresh_from_db()
    assert first.sequence == 1


def test_a_notification_says_where_it_stands_and_who_did_it(make_incident, notifications):
    make_incident().save()
    [frame] = notifications()
    assert frame["epoch"] == LogHead.current().epoch
    assert frame["actor"] is None
    assert frame["at"] == Notification.objects.get().created.isoformat()


def test_reports_under_review_are_shown_to_reviewers_only(layer, make_incident, notifications):
    layer.group_add("notifications.review", "test.reviewer")
    make_incident(pending=True, name="Private").save()
    [hidden] = notifications()
    assert hidden == {"type": "hidden", "epoch": LogHead.current().epoch, "seq": 1}
    shown = json.loads(layer.receive(["test.reviewer"])[1]["text"])
    assert shown["feature"]["properties"]["name"] == "Private"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_many_relays_at_once_publish_each_row_once_and_in_order(make_incident, received):
    Incident.objects.bulk_create([make_incident() for _ in range(250)])
    errors: list[BaseException] = []

    def run() -> None:
        try:
            relay.publish()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay.publish()
    assert errors == []
    # The layer of the tests keeps the order of its senders, so this is the order of publishing.
    assert received() == list(range(1, 251))
