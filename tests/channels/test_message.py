"""Tests of channels.message: what a consumer is called with."""

import copy

import pytest

from channels.channel import Channel
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message


@pytest.fixture
def memory_layer():
    return InMemoryChannelLayer()


@pytest.fixture
def message(memory_layer):
    content = {"reply_channel": "back", "path": "/", "list": [1]}
    return Message(content, "test", memory_layer)


def test_it_knows_where_it_comes_from(message, memory_layer):
    assert isinstance(message.channel, Channel)
    assert message.channel.name == "test"
    assert message.channel_layer is memory_layer


def test_its_sender_can_be_answered(message, memory_layer):
    message.reply_channel.send({"value": 1})
    assert memory_layer.receive(["back"]) == ("back", {"value": 1})


@pytest.mark.parametrize("content", [{}, {"reply_channel": None}, {"reply_channel": ""}])
def test_a_sender_that_wants_no_answer_has_no_reply_channel(memory_layer, content):
    assert Message(content, "test", memory_layer).reply_channel is None


def test_it_can_be_used_like_its_content(message):
    assert message["path"] == "/"
    assert message.get("path") == "/"
    assert message.get("missing") is None
    assert message.get("missing", 3) == 3
    assert "path" in message
    assert "missing" not in message
    assert set(message.keys()) == {"reply_channel", "path", "list"}
    assert "/" in message.values()
    assert ("path", "/") in message.items()
    message["path"] = "/new/"
    assert message.content["path"] == "/new/"
    with pytest.raises(KeyError, match="missing"):
        message["missing"]


def test_a_copy_can_be_changed_by_itself(message):
    twin = message.copy()
    twin["path"] = "/new/"
    twin["list"].append(2)
    assert message.content == {"reply_channel": "back", "path": "/", "list": [1]}
    assert twin.channel.name == "test"
    assert twin.reply_channel.name == "back"
    assert twin.channel_layer is message.channel_layer


def test_pythons_own_copy_works_too(message):
    message.user = "somebody"
    assert copy.copy(message).user == "somebody"


def test_what_no_decorator_has_set_is_explained(message):
    with pytest.raises(AttributeError, match=r"no 'http_session'; a decorator may be missing"):
        message.http_session  # noqa: B018
    assert getattr(message, "user", None) is None
