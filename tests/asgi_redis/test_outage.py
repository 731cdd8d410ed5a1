"""Tests of asgi_redis.outage: the log is told what is wrong, and not again and again."""

import logging

import pytest

from asgi_redis.outage import Outage
from channels.layers.exceptions import LayerUnavailable


@pytest.fixture
def told(caplog):
    """Returns the lines of the log."""
    caplog.set_level(logging.WARNING, "asgi_redis.outage")
    return lambda: caplog.messages


def test_each_thing_that_is_wrong_is_told_once(told):
    outage = Outage("No mail")
    for _ in range(3):
        outage.meet(LayerUnavailable("a: it refuses writes (in one way)"))
        outage.meet(LayerUnavailable("a: no answer in time"))
        outage.meet(LayerUnavailable("a: it refuses writes (in another)"))
    assert told() == [
        "No mail, will keep trying: a: it refuses writes (in one way)",
        "No mail, will keep trying: a: no answer in time",
    ]


def test_the_end_is_told_and_then_the_same_may_be_told_again(told):
    outage = Outage("No mail")
    outage.end()
    assert told() == []
    outage.meet(LayerUnavailable("a: away"))
    outage.end()
    outage.end()
    assert told()[1:] == ["No mail: that is over."]
    outage.meet(LayerUnavailable("a: away"))
    assert told()[2:] == told()[:1]
