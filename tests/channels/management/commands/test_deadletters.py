"""Tests of manage.py deadletters."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from tests.support.ports import free_port
from tests.support.workers import wrap


@pytest.fixture
def letters(redis_layer, monkeypatch):
    """A layer behind the default alias, with two dead letters."""
    monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, wrap(redis_layer, {}))
    for channel, data in (("orders", b"\x81\xa5value\x01"), ("broken", b"\xc1")):
        entry = ("XADD", redis_layer.keys.dead_letters, "*", "m", data, "c", channel, "r", "why")
        redis_layer.nodes[0].run(entry)
    return redis_layer


def run(*arguments) -> str:
    out = StringIO()
    call_command("deadletters", *arguments, stdout=out)
    return out.getvalue()


def id_of(layer, channel) -> str:
    return next(letter.id for letter in layer.dead_letters if letter.channel == channel)


def test_the_list_names_them_all(letters):
    listed = run("list")
    for letter in letters.dead_letters:
        assert f"{letter.id}  " in listed
        assert f"  {letter.channel}  why" in listed
    assert "2 dead letters." in listed


def test_they_can_be_looked_into(letters):
    assert "{'value': 1}" in run("show", id_of(letters, "orders"))
    everything = run("show", "--all")
    assert "{'value': 1}" in everything
    assert r"b'\xc1'" in everything


def test_chosen_ones_go_back_to_their_channel(letters):
    assert "to orders again" in run("requeue", id_of(letters, "orders"))
    assert letters.receive(["orders"]) == ("orders", {"value": 1})
    assert [letter.channel for letter in letters.dead_letters] == ["broken"]


def test_chosen_ones_are_removed(letters):
    assert "Removed" in run("purge", id_of(letters, "broken"))
    assert [letter.channel for letter in letters.dead_letters] == ["orders"]
    run("purge", "--all")
    assert "0 dead letters." in run("list")


class TestOneOfSeveralServersAway:
    @pytest.fixture(autouse=True)
    def _away(self, letters, valkey, layer_on, redis_url, prefix, monkeypatch):
        """A layer with the letters on one server and another server that is away."""
        layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
        monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, wrap(layer, {}))
        valkey.kill()

    def test_the_others_are_listed_and_the_absent_one_is_named(self, valkey):
        out = StringIO()
        with pytest.raises(CommandError, match=f"Redis at .*{valkey.port}.* cannot be reached"):
            call_command("deadletters", "list", stdout=out)
        assert "orders  why" in out.getvalue()
        assert "2 dead letters on the servers that answer." in out.getvalue()

    def test_all_that_can_be_are_removed(self, letters, valkey):
        with pytest.raises(CommandError, match=f"Redis at .*{valkey.port}"):
            run("purge", "--all")
        assert list(letters.dead_letters) == []

    def test_chosen_ones_that_are_there_are_all_that_was_asked_for(self, letters):
        assert "{'value': 1}" in run("show", id_of(letters, "orders"))
        assert "Removed" in run("purge", id_of(letters, "broken"))

    def test_an_unknown_one_may_be_on_the_absent_server(self, letters, valkey):
        with pytest.raises(CommandError, match=f"Redis at .*{valkey.port}"):
            run("purge", id_of(letters, "orders"), "1:1-1")
        assert len(list(letters.dead_letters)) == 2


@pytest.mark.parametrize("action", ["show", "requeue", "purge"])
def test_without_a_choice_nothing_happens(letters, action):
    with pytest.raises(CommandError, match="Name the ids of dead letters, or --all"):
        run(action)
    assert len(list(letters.dead_letters)) == 2


@pytest.mark.parametrize("unknown", ["0:1-1", "nonsense", "9:1-1"])
def test_an_unknown_id_is_told_before_anything_happens(letters, unknown):
    with pytest.raises(CommandError, match=f"No dead letters {unknown}; see the list"):
        run("purge", id_of(letters, "orders"), unknown)
    assert len(list(letters.dead_letters)) == 2


class TestOtherLayers:
    def test_one_without_dead_letters(self, settings, monkeypatch):
        monkeypatch.setattr(channel_layers, "backends", {})
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": "channels.layers.memory.InMemoryChannelLayer", "ROUTING": []}
        }
        with pytest.raises(CommandError, match=r"default .*InMemory.* keeps no dead letters"):
            run("list")

    def test_one_that_is_away(self, settings, monkeypatch):
        monkeypatch.setattr(channel_layers, "backends", {})
        config = {"hosts": [f"redis://127.0.0.1:{free_port()}"]}
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": "asgi_redis.RedisChannelLayer", "ROUTING": [], "CONFIG": config}
        }
        with pytest.raises(CommandError, match="Redis at"):
            run("list")

    def test_one_that_is_not_configured(self):
        with pytest.raises(CommandError, match="No channel layer 'nope'"):
            run("list", "--layer", "nope")
