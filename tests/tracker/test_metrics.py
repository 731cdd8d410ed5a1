from typing import Any

import pytest

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from tests.support.layers import layer_on
from tests.support.workers import wrap
from tracker import metrics, relay
from tracker_project.routing import channel_routing

__all__ = ["layer_on"]

pytestmark = pytest.mark.django_db


def rendered() -> dict[str, float]:
    """The values by their names with labels."""
    lines = metrics.render().decode().splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def value(name: str) -> float:
    return rendered()[name]


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


class TestOneOfSeveralRedisServersAway:
    @pytest.fixture(autouse=True)
    def redis(
        self, valkey: Any, layer_on: Any, redis_url: str, prefix: str, monkeypatch: Any
    ) -> Any:
        """A layer on a server that answers and one that does not."""
        redis = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
        wrapped = wrap(redis, channel_routing)
        monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, wrapped)
        for name in wrapped.router.channels:
            redis.send(name, {})
        valkey.kill()
        return redis

    def test_it_is_named(self, redis):
        here, there = (node.address for node in redis.nodes)
        values = rendered()
        assert values[f'tracker_redis_up{{server="{here}"}}'] == 1
        assert values[f'tracker_redis_up{{server="{there}"}}'] == 0

    def test_the_rest_is_told(self, redis):
        values = rendered()
        assert values["tracker_log_sequence"] == 0
        assert values["tracker_workers"] == 0
        counted = [name for name in values if name.startswith("tracker_messages_total{")]
        assert counted == [f'tracker_messages_total{{server="{redis.nodes[0].address}"}}']
        shards = {
            name: redis.shard(name)
            for name in channel_layers[DEFAULT_CHANNEL_LAYER].router.channels
        }
        assert set(shards.values()) == {0, 1}
        for name, index in shards.items():
            gauge = f'tracker_channel_messages_pending{{channel="{name}"}}'
            assert values.get(gauge) == (1 if index == 0 else None)


def test_without_any_redis_the_log_is_told(valkey, layer_on, monkeypatch):
    redis = layer_on(valkey)
    monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, wrap(redis, []))
    valkey.kill()
    values = rendered()
    assert values[f'tracker_redis_up{{server="{redis.nodes[0].address}"}}'] == 0
    assert "tracker_workers" not in values
    assert values["tracker_log_sequence"] == 0
