"""Tests of channels.layers.exceptions: one root, so that one `except` catches them all."""

import pytest

from channels.layers import exceptions


@pytest.mark.parametrize(
    "name",
    [
        "ChannelFull",
        "MessageTooLarge",
        "LayerUnavailable",
        "UnsupportedServer",
        "PartlyUnavailable",
    ],
)
def test_they_have_one_root(name):
    assert issubclass(getattr(exceptions, name), exceptions.ChannelLayerError)


def test_an_absent_server_is_a_connection_error_for_those_who_know_no_layers():
    assert issubclass(exceptions.LayerUnavailable, ConnectionError)
