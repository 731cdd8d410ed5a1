"""Tests of manage.py channelstats."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.management.commands import channelstats
from tests.support.ports import free_port
from tests.support.workers import wrap

REDIS = "asgi_redis.RedisChannelLayer"


def run(*arguments) -> list[list[str]]:
    """The lines that the command prints, as words."""
    out = StringIO()
    call_command("channelstats", *arguments, stdout=out)
    return [line.split() for line in out.getvalue().splitlines()]


@pytest.fixture
def busy_layer(make_redis_layer, monkeypatch):
    """A layer behind the default alias, on which two messages wait."""
    layer = make_redis_layer(capacity=2)
    monkeypatch.setattr(
        channel_layers,
        "backends",
        {DEFAULT_CHANNEL_LAYER: wrap(layer, {"orders": print, "quiet": print})},
    )
    for _ in range(3):
        try:
            layer.send("orders", {})
        except layer.ChannelFull:
            continue
    return layer


def test_counts_of_the_layer_and_of_every_channel_are_printed(busy_layer):
    counts, header, *channels = run()
    pairs = dict(zip(counts[::2], counts[1::2], strict=True))
    assert (pairs["messages_count"], pairs["channel_full_count"]) == ("2", "1")
    assert header == ["channel", "sent", "full", "waiting", "oldest"]
    rows = {name: numbers for name, *numbers in channels}
    assert rows["orders"][:3] == ["2", "1", "2"]
    assert rows["quiet"] == ["0", "0", "0", "0.0s"]
    assert {"http.request", "websocket.connect"} < rows.keys()


def test_watching_goes_on_until_it_is_interrupted(busy_layer, monkeypatch):
    assert watched(monkeypatch, times=3) == 3


class TestOneOfSeveralServersAway:
    @pytest.fixture(autouse=True)
    def _away(self, busy_layer, valkey, layer_on, redis_url, prefix, monkeypatch):
        """A layer of the busy server and another that is away, to which "orders" belongs."""
        layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
        assert (layer.shard("quiet"), layer.shard("orders")) == (0, 1)
        routing = {"orders": print, "quiet": print}
        monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, wrap(layer, routing))
        valkey.kill()

    def test_what_the_others_know_is_printed_and_the_absent_one_is_named(self, valkey):
        out = StringIO()
        with pytest.raises(CommandError, match=f"Redis at .*{valkey.port}.* cannot be reached"):
            call_command("channelstats", stdout=out)
        counts, _, *channels = [line.split() for line in out.getvalue().splitlines()]
        assert counts[counts.index("messages_count") + 1] == "2"
        rows = {name: " ".join(values) for name, *values in channels}
        assert rows["orders"] == "not known"
        assert rows["quiet"] == "0 0 0 0.0s"

    def test_watching_goes_on(self, monkeypatch):
        assert watched(monkeypatch, times=3) == 3


def watched(monkeypatch, times: int) -> int:
    """How often the counts are printed before an interruption after some times."""
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == times:
            raise KeyboardInterrupt

    monkeypatch.setattr(channelstats.time, "sleep", sleep)
    return sum(line[0] == "channel" for line in run("--watch"))


def test_a_layer_without_statistics_is_refused(settings, monkeypatch):
    monkeypatch.setattr(channel_layers, "backends", {})
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []}
    }
    with pytest.raises(CommandError, match="keeps no statistics"):
        run()


def test_a_layer_that_is_away_is_told_in_a_line(settings, monkeypatch):
    monkeypatch.setattr(channel_layers, "backends", {})
    config = {"hosts": [f"redis://127.0.0.1:{free_port()}"]}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": REDIS, "ROUTING": [], "CONFIG": config}}
    with pytest.raises(CommandError, match="Redis at"):
        run()


def test_a_layer_that_is_not_configured_is_told_in_a_line():
    with pytest.raises(CommandError, match="No channel layer 'nope'"):
        run("--layer", "nope")
