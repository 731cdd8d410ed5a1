"""Where replies to datagrams go."""

from unittest import mock

from examples.sensors import addresses
from examples.sensors.addresses import Addresses


def test_an_address_is_known_until_it_is_taken():
    known = Addresses()
    known.remember("udp.send.a!1", ("127.0.0.1", 4000))

    assert known.take("udp.send.a!1") == ("127.0.0.1", 4000)
    assert known.take("udp.send.a!1") is None


def test_the_oldest_are_forgotten_when_there_are_too_many():
    known = Addresses()
    with mock.patch.object(addresses, "LIMIT", 2):
        for number in range(3):
            known.remember(str(number), ("127.0.0.1", number))

    assert [known.take(str(number)) for number in range(3)] == [
        None,
        ("127.0.0.1", 1),
        ("127.0.0.1", 2),
    ]
