"""Tests of channels.channel: Channel and Group, as applications send with them."""

import pytest

from channels.asgi import channel_layers
from channels.channel import Channel, Group
from channels.layers.memory import InMemoryChannelLayer
from channels.pending import collect_sends
from tests.support.workers import wrap

NOTHING = (None, None)


@pytest.fixture
def layers(monkeypatch):
    """Two layers of this test's own behind the aliases default and other."""
    layers = {alias: wrap(InMemoryChannelLayer(), []) for alias in ("default", "other")}
    monkeypatch.setattr(channel_layers, "backends", layers)
    return layers


class TestChannel:
    def test_a_message_is_sent_at_once_outside_a_consumer(self, layer):
        Channel("test", channel_layer=layer).send({"value": 1})
        assert layer.receive(["test"]) == ("test", {"value": 1})

    def test_a_message_waits_inside_a_consumer_unless_told_otherwise(self, layer):
        channel = Channel("test", channel_layer=layer)
        with collect_sends() as pending:
            channel.send({"value": 1})
            channel.send({"value": 2}, immediately=True)
        assert layer.receive(["test"]) == ("test", {"value": 2})
        assert layer.receive(["test"]) == NOTHING
        assert [(owner, item.name) for owner, item in pending] == [(layer, "test")]

    def test_the_alias_chooses_the_layer(self, layers):
        Channel("test", alias="other").send({"value": 1})
        Channel("test").send({"value": 2})
        assert layers["other"].receive(["test"])[1] == {"value": 1}
        assert layers["default"].receive(["test"])[1] == {"value": 2}

    def test_a_name_in_bytes_is_one_in_text(self, layer):
        Channel(b"test", channel_layer=layer).send({})
        assert layer.receive(["test"]) == ("test", {})

    @pytest.mark.parametrize("content", ["text", [1], None, 3])
    def test_only_a_dict_can_be_sent(self, layer, content):
        named = f"not {type(content).__name__}"
        with pytest.raises(TypeError, match=named):
            Channel("test", channel_layer=layer).send(content)
        with pytest.raises(ValueError, match=named):
            Group("group", channel_layer=layer).send(content)

    def test_a_mistake_shows_where_it_is_made_inside_a_consumer_too(self, layer):
        with collect_sends() as pending:
            with pytest.raises(TypeError, match="Cannot encode"):
                Channel("test", channel_layer=layer).send({"value": object()})
            with pytest.raises(TypeError, match="bad name"):
                Channel("bad name", channel_layer=layer).send({})
        assert pending == []

    def test_what_is_changed_after_a_send_inside_a_consumer_is_not_sent(self, layer):
        content = {"value": 1}
        with collect_sends() as pending:
            Channel("test", channel_layer=layer).send(content)
            content["value"] = 2
        assert layer.send_all([item for _, item in pending]) == []
        assert layer.receive(["test"])[1] == {"value": 1}

    def test_a_full_channel_is_told_to_who_sends_at_once(self, make_layer):
        layer = make_layer(capacity=1)
        channel = Channel("test", channel_layer=layer)
        channel.send({})
        with pytest.raises(layer.ChannelFull):
            channel.send({})

    def test_it_shows_its_name(self, layer):
        assert str(Channel("test", channel_layer=layer)) == "test"
        assert repr(Channel("test", channel_layer=layer)) == "<Channel test>"


class TestGroup:
    def test_its_members_get_what_is_sent(self, layer):
        group = Group("friends", channel_layer=layer)
        group.add("one")
        group.add(Channel("two", channel_layer=layer))
        group.send({"value": 1})
        assert {layer.receive(["one", "two"])[0] for _ in range(2)} == {"one", "two"}

    def test_who_was_discarded_gets_nothing(self, layer):
        group = Group("friends", channel_layer=layer)
        for member in ("one", "two"):
            group.add(member)
        group.discard("one")
        group.discard(Channel("two", channel_layer=layer))
        group.send({})
        assert layer.receive(["one", "two"]) == NOTHING

    def test_members_come_and_go_at_once_inside_a_consumer_too(self, layer):
        group = Group("friends", channel_layer=layer)
        with collect_sends():
            group.add("one")
            group.add("two")
            group.discard("two")
            assert layer.group_channels("friends") == ["one"]

    def test_its_messages_wait_inside_a_consumer_unless_told_otherwise(self, layer):
        group = Group("friends", channel_layer=layer)
        group.add("one")
        with collect_sends() as pending:
            group.send({"value": 1})
            group.send({"value": 2}, immediately=True)
        assert layer.receive(["one"]) == ("one", {"value": 2})
        assert layer.receive(["one"]) == NOTHING
        assert [item.is_group for _, item in pending] == [True]

    def test_the_alias_chooses_the_layer(self, layers):
        Group("friends", alias="other").add("one")
        assert layers["other"].group_channels("friends") == ["one"]
        assert layers["default"].group_channels("friends") == []
