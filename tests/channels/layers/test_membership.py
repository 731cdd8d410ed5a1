"""Tests of channels.layers.membership: the table of groups."""

import pytest

from channels.layers.membership import Membership


@pytest.fixture
def table() -> Membership:
    table = Membership()
    for moment, (group, channel) in enumerate([("a", "1"), ("a", "2"), ("b", "1")]):
        table.add(group, channel, moment)
    return table


def test_it_knows_who_is_in_which_group(table):
    assert list(table.channels("a")) == ["1", "2"]
    assert list(table.channels("b")) == ["1"]
    assert list(table.channels("nobody")) == []
    assert set(table.groups()) == {"a", "b"}
    assert len(table) == 2


def test_a_group_without_members_is_gone(table):
    table.discard("b", "1")
    assert set(table.groups()) == {"a"}
    table.discard("b", "1")
    table.discard("a", "stranger")
    assert list(table.channels("a")) == ["1", "2"]


def test_a_channel_that_is_gone_is_in_no_group(table):
    table.forget("1")
    table.forget("stranger")
    assert list(table.channels("a")) == ["2"]
    assert set(table.groups()) == {"a"}
    assert list(table.members()) == ["2"]
    assert len(table) == 1


def test_who_was_not_added_again_expires(table):
    table.add("a", "1", 5)
    table.expire(3)
    assert list(table.channels("a")) == ["1"]
    assert list(table.channels("b")) == []
    assert len(table) == 1


def test_nothing_is_left_of_those_who_have_gone(table):
    table.expire(100)
    assert len(table) == 0
    assert vars(table) == vars(Membership())
