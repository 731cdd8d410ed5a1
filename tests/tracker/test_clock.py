import json
import logging
from typing import Any

import pytest
from django.utils import timezone

from channels.layers.exceptions import LayerUnavailable
from tracker import clock, relay
from tracker.clock import Clock, beat
from tracker.models import LogHead, Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def heartbeats(layer: Any) -> Any:
    layer.group_add("notifications", "test.page")

    def received() -> list[dict[str, Any]]:
        messages = iter(lambda: layer.receive(["test.page"])[1], None)
        frames = [json.loads(message["text"]) for message in messages]
        return [frame for frame in frames if frame["type"] == "heartbeat"]

    return received


def make_due(offset: Any = clock.BEAT) -> None:
    LogHead.current()
    LogHead.objects.update(beat=timezone.now() - offset)


def test_a_tick_publishes_what_was_left_over(make_incident):
    make_incident().save()
    Clock().tick()
    assert not Notification.objects.unpublished().exists()


def test_a_heartbeat_carries_the_head(heartbeats, make_incident):
    make_incident().save()
    relay.publish()
    make_due()
    beat()
    head = LogHead.current()
    assert heartbeats() == [
        {"type": "heartbeat", "epoch": head.epoch, "seq": 1, "at": head.beat.isoformat()}
    ]


def test_many_clocks_send_one_heartbeat(heartbeats):
    make_due()
    for _ in range(3):
        beat()
    assert len(heartbeats()) == 1


def test_a_machine_whose_clock_was_ahead_does_not_silence_the_others(heartbeats):
    make_due(-100 * clock.BEAT)
    beat()
    assert len(heartbeats()) == 1


# A failed tick drops the connection, and with it the transaction that other tests run in.
@pytest.mark.django_db(transaction=True)
def test_a_clock_outlives_a_redis_that_is_away_and_says_so_once(make_incident, monkeypatch, caplog):
    def away(*args: Any) -> None:
        raise LayerUnavailable("Redis does not answer.")

    make_incident().save()
    ticking = Clock()
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(relay, "broadcast", away)
        ticking.tick()
        ticking.tick()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    ticking.tick()
    assert not Notification.objects.unpublished().exists()
