"""Tests of channels.interface.transport."""

import pytest
from twisted.internet.abstract import FileDescriptor
from twisted.internet.main import CONNECTION_LOST
from twisted.protocols.policies import ProtocolWrapper

from channels.interface import transport


class Connection(FileDescriptor):
    """A connection of Twisted's without a socket.

    Args:
        takes: how many bytes the kernel takes at once, or what Twisted says of a lost connection.
    """

    def __init__(self, takes):
        super().__init__(reactor=object())
        self.sent, self.written = b"", b""
        self._takes = takes

    def writeSomeData(self, data):
        if not isinstance(self._takes, int):
            return self._takes
        self.sent += data[: self._takes]
        return min(len(data), self._takes)

    def write(self, data):
        self.written += data
        self._tempDataLen += len(data)


class Encrypted(ProtocolWrapper):
    """As Twisted's TLS on top of a connection: it passes on what it does not have itself."""

    def __init__(self, connection):
        self.transport = connection

    def write(self, data):
        self.transport.write(data[::-1])


def test_data_go_to_the_kernel_at_once():
    connection = Connection(takes=100)
    transport.write(connection, b"data")
    assert (connection.sent, connection.written) == (b"data", b"")


def test_what_the_kernel_does_not_take_waits():
    connection = Connection(takes=3)
    transport.write(connection, b"data")
    assert (connection.sent, connection.written) == (b"dat", b"a")
    assert transport.waiting(connection) == 1


@pytest.mark.parametrize("wrap", [lambda connection: connection, Encrypted])
def test_a_connection_is_lost_when_it_has_ended(wrap):
    connection = Connection(takes=0)
    assert not transport.is_lost(wrap(connection))
    connection.disconnected = 1
    assert transport.is_lost(wrap(connection))


def test_data_do_not_overtake_what_waits():
    connection = Connection(takes=3)
    transport.write(connection, b"first")
    transport.write(connection, b"second")
    assert (connection.sent, connection.written) == (b"fir", b"stsecond")


def test_a_lost_connection_is_left_to_twisted():
    connection = Connection(takes=CONNECTION_LOST)
    transport.write(connection, b"data")
    assert connection.written == b"data"


@pytest.mark.parametrize("takes", [0, 100])
def test_tls_encrypts_first(takes):
    connection = Connection(takes)
    transport.write(Encrypted(connection), b"data")
    assert (connection.sent, connection.written) == (b"", b"atad")
    assert transport.waiting(Encrypted(connection)) == 4


def test_what_is_known_to_come_next_is_not_asked_about_again():
    connection = Connection(takes=3)
    transport.write_idle(connection, b"data")
    assert (connection.sent, connection.written) == (b"dat", b"a")


def test_what_is_partly_written_is_counted_once():
    connection = Connection(takes=0)
    connection.dataBuffer, connection.offset = b"0123456789", 4
    assert transport.waiting(connection) == 6
