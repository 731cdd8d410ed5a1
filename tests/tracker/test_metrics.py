import pytest

from tracker import metrics, relay

pytestmark = pytest.mark.django_db


def value(name: str) -> float:
    lines = metrics.render().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def test_the_time_of_consumers_is_counted():
    before = value("tracker_consumer_seconds_count")
    metrics.consumer_began()
    metrics.consumer_ended()
    assert value("tracker_consumer_seconds_count") == before + 1


def test_the_relay_catches_up(make_incident):
    make_incident().save()
    assert value("tracker_relay_waiting") == 1
    relay.publish()
    assert value("tracker_relay_waiting") == 0
    assert value("tracker_relay_lag_seconds") == 0
    assert value("tracker_log_sequence") == 1
