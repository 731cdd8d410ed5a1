"""Tests of channels.layers.config: a mistake in CONFIG is named when the layer is made."""

import re

import pytest

from channels.layers.config import check_text, globs
from channels.layers.memory import InMemoryChannelLayer


@pytest.mark.parametrize("name", ["expiry", "group_expiry"])
@pytest.mark.parametrize("value", ["60", 0, -1, None, float("inf"), float("nan")])
def test_a_length_of_time_is_a_number_above_0(name, value):
    with pytest.raises(ValueError, match=rf"^{name} must be a number of seconds.* not {value!r}\."):
        InMemoryChannelLayer(**{name: value})


@pytest.mark.parametrize("value", ["100", 0, -1, None, 1.5])
def test_a_layer_has_room_for_a_whole_number_of_messages(value):
    with pytest.raises(ValueError, match=rf"^capacity must be .* 1 or more, not {value!r}\."):
        InMemoryChannelLayer(capacity=value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lots", "channel_capacity must be a dict"),
        (5, "channel_capacity must be a dict"),
        (["http.*"], "channel_capacity must be a dict"),
        ({5: 1}, "channel_capacity has the key 5"),
        ({"http.*": "lots"}, "channel_capacity['http.*'] must be a whole number"),
        ([("http.*", -1)], "channel_capacity['http.*'] must be a whole number"),
    ],
)
def test_other_capacities_are_numbers_by_pattern(value, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        InMemoryChannelLayer(channel_capacity=value)


def test_what_can_work_is_taken():
    layer = InMemoryChannelLayer(
        expiry=0.5, group_expiry=5, capacity=1, channel_capacity={"closed": 0, re.compile("a"): 2}
    )
    assert [layer.capacity_of(name) for name in ("closed", "ab", "other")] == [0, 2, 1]


def test_a_bare_string_is_no_list_of_globs():
    with pytest.raises(ValueError, match=r"^globs must be a list.*: write \['http\.\*'\]\."):
        globs("globs", "http.*")


@pytest.mark.parametrize("value", [None, 5, [5], [b"http.*"]])
def test_globs_are_text(value):
    with pytest.raises(ValueError, match="^globs must be a list of globs"):
        globs("globs", value)


@pytest.mark.parametrize("value", [["http.*", "a"], ("http.*", "a"), iter(["http.*", "a"])])
def test_several_globs_are_taken(value):
    assert globs("globs", value) == ("http.*", "a")


@pytest.mark.parametrize("value", [None, 5, b"asgi:"])
def test_text_is_text(value):
    with pytest.raises(ValueError, match="^prefix must be a str, not"):
        check_text("prefix", value)
    check_text("prefix", "")
