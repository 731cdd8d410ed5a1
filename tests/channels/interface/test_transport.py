"""Tests of channels.interface.transport."""

import asyncio
import socket
from contextlib import closing

import pytest
from twisted.internet.abstract import FileDescriptor
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.main import CONNECTION_LOST
from twisted.protocols.policies import ProtocolWrapper

from channels.interface import transport
from tests.support.waiting import eventually


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


class Reading(FileDescriptor):
    """One end of a connection, which keeps what it reads."""

    connected = True

    def __init__(self, reactor, end):
        super().__init__(reactor)
        self.fileno = end.fileno
        self.data = b""
        self.ends_with = None
        self._end = end

    def doRead(self):
        self.data += self._end.recv(100)
        if self.data.endswith(b"!"):
            raise ValueError("a mistake")

    def readConnectionLost(self, reason):
        self.ends_with = reason.value

    connectionLost = readConnectionLost


@pytest.fixture
def read():
    """Runs a scenario with a connection that is read directly, and its other end."""

    def run(scenario):
        async def main():
            ours, theirs = socket.socketpair()
            with closing(ours), closing(theirs):
                connection = Reading(AsyncioSelectorReactor(asyncio.get_running_loop()), ours)
                connection.startReading()
                transport.read_directly(connection)
                await scenario(connection, theirs)

        asyncio.run(main())

    return run


class TestReading:
    def test_what_comes_is_read(self, read):
        async def scenario(connection, other):
            for data in (b"one", b"onetwo"):
                other.send(data[-3:])
                await eventually(lambda data=data: connection.data == data, "the data")

        read(scenario)

    def test_it_can_stop_and_go_on(self, read):
        async def scenario(connection, other):
            connection.stopReading()
            other.send(b"data")
            await asyncio.sleep(0.05)
            assert connection.data == b""
            connection.startReading()
            await eventually(lambda: connection.data == b"data", "the data")

        read(scenario)

    def test_a_mistake_ends_the_connection(self, read, caplog):
        async def scenario(connection, other):
            other.send(b"!")
            await eventually(lambda: connection.ends_with, "the end")
            assert isinstance(connection.ends_with, ValueError)

        read(scenario)
