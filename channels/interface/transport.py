"""What a Twisted transport has not yet given to the kernel, and the short way there."""

from __future__ import annotations

from typing import Any

from twisted.internet.abstract import FileDescriptor


def waiting(transport: Any) -> int:
    """Returns how many bytes wait in the process for a client that is not reading.

    Arguments:
        transport: of a connection, perhaps with TLS on top.
    """
    while not isinstance(transport, FileDescriptor):
        # Under TLS; what is encrypted waits in the transport below.
        transport = transport.transport
    size: int = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
    return size


def write(transport: Any, data: bytes) -> None:
    """Gives data to the kernel at once if it comes next; what is not taken waits in line.

    Twisted's own `write` would leave it for a later turn of the reactor, which has to watch the
    socket until then.

    Arguments:
        transport: as above; what TLS has to encrypt takes its usual way.
        data: what to send.
    """
    sent: Any = 0
    # TLS passes on what it does not have itself, so it would be of no use to look for methods.
    if isinstance(transport, FileDescriptor) and not waiting(transport):
        sent = transport.writeSomeData(data)
    if not isinstance(sent, int):  # the connection is lost, as `write` finds out
        sent = 0
    if sent < len(data):
        transport.write(data[sent:])
