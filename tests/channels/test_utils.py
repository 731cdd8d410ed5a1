"""Tests of channels.utils."""

from unittest import mock

import pytest

from channels.utils import name_that_thing


def function(message):
    pass


class Consumer:
    def method(self):
        pass

    @classmethod
    def constructor(cls):
        pass

    def __call__(self, message):
        pass


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (function, "function"),
        (Consumer, "Consumer"),
        (Consumer(), "Consumer"),
        (Consumer().method, "Consumer.method"),
        (Consumer.constructor, "Consumer.constructor"),
    ],
)
def test_things_are_named_by_where_they_are_defined(thing, name):
    assert name_that_thing(thing) == f"{__name__}.{name}"


def test_a_mock_does_not_pretend_to_be_something():
    assert name_that_thing(mock.Mock()) == "<mock>"
