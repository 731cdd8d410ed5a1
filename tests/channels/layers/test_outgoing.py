"""Tests of channels.layers.outgoing: a send that waits for its turn."""

import pytest

from channels.layers import codec
from channels.layers.exceptions import MessageTooLarge
from channels.layers.outgoing import Outgoing


def test_it_carries_the_message_as_it_was_when_it_was_made():
    message = {"value": 1}
    item = Outgoing.to_channel("test", message)
    message["value"] = 2
    assert codec.decode(item.data) == {"value": 1}
    assert (item.name, item.is_group) == ("test", False)


def test_mistakes_show_when_it_is_made():
    for make, name in ((Outgoing.to_channel, "local!"), (Outgoing.to_group, "local!x")):
        with pytest.raises(TypeError, match="local!"):
            make(name, {})
        with pytest.raises(TypeError):
            make("test", {"a": object()})
        with pytest.raises(MessageTooLarge):
            make("test", {"a": bytes(17 * 1024 * 1024)})


def test_it_says_where_it_goes():
    assert str(Outgoing.to_channel("test", {})) == "channel 'test'"
    assert str(Outgoing.to_group("friends", {})) == "group 'friends'"
