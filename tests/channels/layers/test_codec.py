"""Tests of channels.layers.codec; what a layer does with messages is in test_base."""

import re

import pytest
from django.utils.safestring import mark_safe

from channels.layers.codec import MAX_MESSAGE_BYTES, decode, encode
from channels.layers.exceptions import MessageTooLarge


def test_a_message_comes_back_as_it_was():
    message = {"text": "é", "bytes": b"\xe9", "nested": [{"a": None}, 1.5, True, -(2**63)]}
    assert decode(encode(message)) == message


def test_numbers_may_be_keys():
    assert decode(encode({1: "one"})) == {1: "one"}


@pytest.mark.parametrize("value", [object(), {1}, 2**64, "\udc80", float])
def test_what_cannot_travel_is_shown(value):
    with pytest.raises(TypeError, match="Only str, bytes, int"):
        encode({"key": value})


def test_a_tuple_and_a_subclass_may_travel():
    message = {"list": (1, [2]), mark_safe("text"): mark_safe("<b>"), "nested": {"a": ({},)}}
    assert decode(encode(message)) == {"list": [1, [2]], "text": "<b>", "nested": {"a": [{}]}}


@pytest.mark.parametrize("message", [{(1, 2): 3}, {"a": [({(1, 2): 3},)]}])
def test_a_tuple_is_no_key(message):
    with pytest.raises(TypeError, match=re.escape("the key (1, 2) is a tuple")):
        encode(message)


def test_a_message_may_not_be_nested_too_deep():
    message: dict = {}
    for _ in range(5000):
        message = {"": message}
    with pytest.raises(TypeError, match="Cannot encode .* recursion"):
        encode(message)


def test_a_message_that_contains_itself_is_an_error():
    message: dict = {}
    message["self"] = message
    with pytest.raises(TypeError, match="Cannot encode"):
        encode(message)


def test_the_largest_message():
    overhead = len(encode({"b": b""})) + 3  # the length of long bytes takes more room
    assert encode({"b": bytes(MAX_MESSAGE_BYTES - overhead)})
    with pytest.raises(MessageTooLarge, match="in pieces"):
        encode({"b": bytes(MAX_MESSAGE_BYTES)})


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", b"\x81", b"\x93\x01\x02\x03", b"\x01", b"\x80\x80", b"\xa1\xff", b"\x91" * 9999],
    ids=["empty", "malformed", "cut off", "list", "number", "two", "no UTF-8", "deep"],
)
def test_what_is_no_message_is_one_kind_of_error(data):
    with pytest.raises(ValueError, match="Not a message"):
        decode(data)
