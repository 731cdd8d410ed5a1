"""Tests of asgi_redis.wire: the bytes of a connection in an event loop."""

import asyncio
from types import SimpleNamespace

import pytest
from redis._parsers import _AsyncHiredisParser
from redis.exceptions import ConnectionError as DriverConnectionError
from redis.exceptions import InvalidResponse, NoScriptError

from asgi_redis.wire import Wire


class Transport:
    """Notes what is written to it, and whether it was cut."""

    def __init__(self):
        self.written = []
        self.is_aborted = False
        self.protocol = None

    def set_protocol(self, protocol):
        self.protocol = protocol

    def is_closing(self):
        return False

    def write(self, data):
        self.written.append(data)

    def abort(self):
        self.is_aborted = True


def wire_on(transport: Transport, seconds: float = 5.0) -> Wire:
    """A wire in the place of a connection's streams."""
    parser = _AsyncHiredisParser(socket_read_size=1)
    return Wire(
        SimpleNamespace(_parser=parser, _writer=SimpleNamespace(transport=transport)), seconds
    )


async def begin(count: int = 1):
    """Begins an exchange; returns its replies to come, the transport, and the wire."""
    transport = Transport()
    wire = wire_on(transport)
    replies = asyncio.ensure_future(wire.exchange(b"commands", count))
    await asyncio.sleep(0)
    return replies, transport, wire


def exchange(*arrivals, count: int = 1):
    """Returns the replies that come of what arrives, the transport, and the wire."""

    async def scenario():
        replies, transport, wire = await begin(count)
        for data in arrivals:
            transport.protocol.data_received(data)
        return await replies, transport, wire

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("arrivals", "replies"),
    [
        ([b"+OK\r\n"], [b"OK"]),
        ([b"$-1\r\n"], [None]),
        ([b"*2\r\n:1\r\n$1\r\n", b"a\r\n"], [[1, b"a"]]),
        ([b":1\r\n", b":2\r\n:3\r\n"], [1, 2, 3]),
    ],
)
def test_all_replies_of_an_exchange_come_together_in_whatever_pieces(arrivals, replies):
    found, transport, wire = exchange(*arrivals, count=len(replies))
    assert found == replies
    assert transport.written == [b"commands"]
    assert wire.is_usable


def test_a_refusal_is_the_error_that_redis_py_makes_of_it():
    [[error], _, wire] = exchange(b"-NOSCRIPT No matching script\r\n")
    assert isinstance(error, NoScriptError)
    assert wire.is_usable


def test_what_is_no_redis_is_left():
    async def scenario():
        replies, transport, wire = await begin()
        transport.protocol.data_received(b"HTTP/1.1 400 Bad Request\r\n")
        with pytest.raises(InvalidResponse):
            await replies
        assert transport.is_aborted
        assert not wire.is_usable

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "end",
    [
        lambda wire: wire.connection_lost(OSError("cut")),
        lambda wire: wire.data_received(b"+OK\r\n"),
    ],
    ids=["lost", "unasked"],
)
def test_one_that_ended_between_two_exchanges_is_of_no_use(end):
    async def scenario():
        transport = Transport()
        wire = wire_on(transport)
        end(wire)
        assert not wire.is_usable
        with pytest.raises(DriverConnectionError):
            await wire.exchange(b"commands", 1)
        assert transport.written == []

    asyncio.run(scenario())


def test_the_end_of_the_connection_ends_the_wait():
    async def scenario():
        replies, _, wire = await begin()
        wire.connection_lost(OSError("cut"))
        with pytest.raises(DriverConnectionError, match="cut"):
            await replies

    asyncio.run(scenario())


def test_silence_ends_the_wait_however_many_answers_came_before():
    async def scenario():
        transport = Transport()
        wire = wire_on(transport, seconds=1.0)
        for _ in range(30):  # for longer than the limit
            replies = asyncio.ensure_future(wire.exchange(b"commands", 1))
            await asyncio.sleep(0.04)
            transport.protocol.data_received(b"+OK\r\n")
            assert await replies == [b"OK"]
        with pytest.raises(asyncio.TimeoutError):
            await wire.exchange(b"commands", 1)
        assert transport.is_aborted
        assert not wire.is_usable

    asyncio.run(scenario())
