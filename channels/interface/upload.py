"""A request's body that is too large for memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]

# What of a body is in memory at a time.
PART_BYTES = 256 * 1024


class Upload:
    """Stands in for the file that a server keeps a body in, and would read in one go.

    To the server the file is empty; its contents come as events, as they are asked for.

    Arguments:
        file: the body, from where it is to be read.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @property
    def closed(self) -> bool:
        """Whether the server is done with the request."""
        return self._file.closed

    def close(self) -> None:
        """Does away with the file."""
        self._file.close()

    def seek(self, *_: int) -> None:
        """Leaves the file where it is read from."""

    def read(self, _size: int = -1) -> bytes:
        """Returns nothing, so that the server takes the body for an empty one."""
        return b""

    async def receive(self, receive: Receive) -> Event:
        """Returns the next event of the request.

        Arguments:
            receive: gives the server's own events, the first of which ends an empty body.
        """
        if self._file.closed:
            return {"type": "http.disconnect"}
        part = self._file.read(PART_BYTES)
        if not part:
            return await receive()
        return {"type": "http.request", "body": part, "more_body": True}
