"""What a Twisted transport has not yet given to the kernel, and the short way there."""

from __future__ import annotations

from typing import Any

from twisted.internet.abstract import FileDescriptor


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


def _lowest(transport: Any) -> Any:
    """Returns what has the socket; under TLS, what is encrypted waits there."""
    while not isinstance(transport, FileDescriptor):
        transport = transport.transport
    return transport
