"""Tests of asgi_redis.inbox: what a process hears, entry by entry."""

import pytest

from asgi_redis.inbox import Arrival, Gap, Inbox, Question, milliseconds, next_id


def follow(inbox, *entries, oldest_ms=0):
    """What the entries bring, each with the collection of channels as it is at that moment."""
    numbered = [
        [f"{time}-0".encode(), [operation, name, b"m", value]]
        for time, operation, name, value in entries
    ]
    return [
        one._replace(channels=list(one.channels))
        for one in inbox.follow(numbered, oldest_ms, now=0)
    ]


def test_a_message_for_one_channel():
    assert follow(Inbox(), (1, b"s", b"p!1", b"data")) == [Arrival(["p!1"], b"data", False)]


def test_group_messages_reach_who_is_in_the_group_at_that_point():
    inbox = Inbox()
    found = follow(
        inbox,
        (1, b"g", b"friends", b"nobody"),
        (2, b"a", b"friends", b"p!1"),
        (3, b"g", b"friends", b"one"),
        (4, b"a", b"friends", b"p!2"),
        (5, b"g", b"friends", b"both"),
        (6, b"g", b"enemies", b"nobody"),
        (7, b"d", b"friends", b"p!1"),
        (8, b"g", b"friends", b"other"),
    )
    assert [(sorted(arrival.channels), arrival.data) for arrival in found] == [
        (["p!1"], b"one"),
        (["p!1", "p!2"], b"both"),
        (["p!2"], b"other"),
    ]
    assert all(arrival.to_group for arrival in found)
    assert inbox.joined == {"friends"}
    assert inbox.last_id == "8-0"


def test_messages_expire_which_leaves_a_gap_and_news_of_groups_does_not():
    found = follow(
        Inbox(),
        (1, b"s", b"p!1", b"old"),
        (2, b"a", b"friends", b"p!2"),
        (3, b"g", b"friends", b"old too"),
        (4, b"g", b"enemies", b"old too"),
        (10, b"g", b"friends", b"new"),
        oldest_ms=10,
    )
    assert found == [Gap(["p!1"]), Gap(["p!2"]), Arrival(["p!2"], b"new", True)]


def test_a_gap_is_told_once_and_again_when_somebody_joins():
    found = follow(
        Inbox(),
        (1, b"a", b"friends", b"p!1"),
        (2, b"g", b"friends", b"old"),
        (3, b"g", b"friends", b"old"),
        (4, b"a", b"friends", b"p!2"),
        (5, b"g", b"friends", b"old"),
        oldest_ms=10,
    )
    assert found == [Gap(["p!1"]), Gap(["p!1", "p!2"])]


def test_a_question_is_answered_with_the_members_of_now():
    found = follow(
        Inbox(),
        (1, b"a", b"friends", b"p!1"),
        (2, b"q", b"friends", b"asgi:answer:x"),
        (3, b"q", b"nobody", b"asgi:answer:y"),
    )
    assert found == [Question(["p!1"], "asgi:answer:x"), Question([], "asgi:answer:y")]


def test_a_gap_concerns_the_members_of_then():
    found = follow(
        Inbox(),
        (1, b"a", b"friends", b"p!1"),
        (2, b"x", b"friends", b""),
        (3, b"x", b"nobody", b""),
        (4, b"x", b"p!2", b""),
        (5, b"g", b"friends", b"next"),
    )
    assert found == [Gap(["p!1"]), Gap(["p!2"]), Arrival(["p!1"], b"next", True)]


@pytest.mark.parametrize(("entry_id", "after"), [("5-0", "5-1"), ("5-9", "5-10"), ("0-0", "0-1")])
def test_ids(entry_id, after):
    assert next_id(entry_id) == after
    assert milliseconds(entry_id) == int(entry_id[0])


@pytest.mark.parametrize(
    "fields",
    [[b"field", b"value"], [b"z", b"friends", b"m", b"data"], [b"a", b"\xff", b"m", b"\xff"]],
    ids=["other fields", "unknown operation", "no text"],
)
def test_what_is_not_ours_is_passed_over(fields):
    inbox = Inbox()
    assert list(inbox.follow([[b"1-0", fields]], oldest_ms=0, now=0)) == []
    assert inbox.last_id == "1-0"
