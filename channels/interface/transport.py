"""What a Twisted transport has not yet given to the kernel, and the short ways there and back."""

from __future__ import annotations

import asyncio
from typing import Any

from twisted.internet.abstract import FileDescriptor
from twisted.internet.asyncioreactor import AsyncioSelectorReactor


def waiting(transport: Any) -> int:
    """Returns how many bytes wait in the process for a client that is not reading.

    Arguments:
        transport: of a connection, perhaps with TLS on top.
    """
    if not isinstance(transport, FileDescriptor):
        transport = _lowest(transport)
    size: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return size


def is_lost(transport: Any) -> bool:
    """Returns whether the connection has come to its end.

    Arguments:
        transport: as above.
    """
    return bool(_lowest(transport).disconnected)


def write(transport: Any, data: bytes) -> None:
    """Gives data to the kernel at once if nothing waits before them, else puts them in line.

    Arguments:
        transport: as above.
        data: what to send.
    """
    if waiting(transport):
        transport.write(data)
    else:
        write_idle(transport, data)


def write_idle(transport: Any, data: bytes) -> None:
    """Gives data to the kernel at once; what it does not take waits.

    Twisted's own `write` would leave it for a later turn of the reactor, which has to watch the
    socket until then.

    Arguments:
        transport: one at which nothing waits; what TLS has to encrypt takes its usual way.
        data: what to send.
    """
    sent: Any = 0
    # TLS passes on what it does not have itself, so it would be of no use to look for methods.
    if isinstance(transport, FileDescriptor):
        sent = transport.writeSomeData(data)
    if not isinstance(sent, int):  # the connection is lost, as `write` finds out
        sent = 0
    if sent < len(data):
        transport.write(data[sent:])


def read_directly(transport: Any) -> None:
    """Has the event loop call what reads, without the context for log lines that Twisted sets up.

    It lasts until the client is not read for a while, when Twisted begins anew.

    Arguments:
        transport: as above, of a connection that is read.
    """
    connection = _lowest(transport)
    reactor = connection.reactor
    if isinstance(reactor, AsyncioSelectorReactor):
        # A loop has one reader for a file: this takes the place of Twisted's, for the same events.
        loop = asyncio.get_running_loop()
        loop.add_reader(connection.fileno(), reactor._readOrWrite, connection, True)


def _lowest(transport: Any) -> Any:
    """Returns what has the socket; under TLS, what is encrypted waits there."""
    while not isinstance(transport, FileDescriptor):
        transport = transport.transport
    return transport
