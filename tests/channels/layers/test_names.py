"""Tests of channels.layers.names; what a layer does with bad names is in test_base."""

import re

import pytest

from channels.layers import names


def test_a_name_says_whether_it_belongs_to_a_process():
    assert names.is_local("daphne.response.abc!xyz")
    assert not names.is_local("websocket.receive")
    assert names.owner_of("daphne.response.abc!xyz") == "daphne.response.abc!"


@pytest.mark.parametrize("name", ["a", "http.request", "A-b_c.9", "single?abc", "local!abc", "q?"])
def test_a_good_name_comes_back(name):
    assert names.check_channel(name) == name


@pytest.mark.parametrize("name", ["a", "single?abc", "single?", "local!"])
def test_a_name_to_receive_on_comes_back(name):
    assert names.check_receivable(name) == name


@pytest.mark.parametrize(
    "name", [None, 7, b"a", ["a"], {}, "", "a b", "ä", "a\n", "a!b!", "a?b!", "!", "?x", "x" * 100]
)
def test_a_bad_name_is_shown_with_the_rule(name):
    for check in (names.check_channel, names.check_receivable, names.check_group):
        with pytest.raises(TypeError, match="1 to 99 ASCII letters") as caught:
            check(name)
        assert repr(name) in str(caught.value)


def test_a_single_reader_name_is_made_up_and_says_so():
    name = names.new_name("body?")
    assert name.startswith("body?")
    assert names.is_single_reader(name)
    assert not names.is_single_reader("local!abc")


def test_a_pattern_leaves_room_for_what_is_added():
    assert names.check_channel(names.new_name("x" * 86 + "?"))
    with pytest.raises(TypeError, match="may have 87 characters"):
        names.new_name("x" * 87 + "?")


def test_random_parts_cannot_be_guessed_and_are_valid():
    parts = {names.random_part() for _ in range(1000)}
    assert len(parts) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9]{12}", part) for part in parts)
