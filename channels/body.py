"""A request body whose rest is still on its way (the contract, section 3)."""

from __future__ import annotations

import io
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from channels.exceptions import RequestAborted, RequestTimeout

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What is taken of the body before anybody reads it.
READ_AHEAD_BYTES = 64 * 1024


class RequestBody(io.RawIOBase):
    """Reads a body from its channel as it is asked for, and keeps nothing of it.

    Arguments:
        layer: the channel layer.
        channel: the request's `body_channel`.
        beginning: what came with the request.
        timeout: seconds to wait for each next part.
    """

    def __init__(self, layer: Any, channel: str, beginning: bytes, timeout: float) -> None:
        super().__init__()
        self._layer = layer
        self._channel = channel
        self._timeout = timeout
        self._parts = deque([memoryview(beginning)] if beginning else ())
        self._order = 0
        self._complete = False

    def read_ahead(self) -> None:
        """Takes what has already arrived, up to a limit, without waiting.

        So a client that has left is noticed before anything is done for it.

        Raises:
            RequestAborted: the client has left.
            RequestTimeout: the timeout is zero and the body not complete.
        """
        while not self._complete and sum(map(len, self._parts)) < READ_AHEAD_BYTES:
            if not self._take_part(block=False):
                return

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fills the buffer with what comes next; the rest is as in io.RawIOBase.

        Raises:
            RequestAborted: the client left.
            RequestTimeout: nothing came within the timeout, or a part was lost on its way.
        """
        view = memoryview(buffer).cast("B")
        while not self._parts:
            if self._complete:
                return 0
            self._take_part(block=True)
        part = self._parts.popleft()
        size = min(len(view), len(part))
        view[:size] = part[:size]
        if size < len(part):
            self._parts.appendleft(part[size:])
        return size

    def _take_part(self, block: bool) -> bool:
        """Takes one message off the channel; returns whether there was one."""
        deadline = time.monotonic() + self._timeout
        while True:
            _, message = self._layer.receive([self._channel], block=block)
            if message is not None:
                self._add(message)
                return True
            if time.monotonic() >= deadline:
                raise RequestTimeout(
                    f"Nothing more of the request body came within {self._timeout:g} s."
                )
            if not block:
                return False

    def _add(self, message: dict[str, Any]) -> None:
        if message.get("closed"):
            raise RequestAborted("The client left before its request body was complete.")
        # What is not numbered comes from a server of an earlier version.
        order = message.get("order", self._order + 1)
        if order <= self._order:
            return  # it was sent again, for it was not certain that it had arrived
        if order > self._order + 1:
            raise RequestTimeout("A part of the request body expired unread or was lost.")
        self._order = order
        if content := message.get("content"):
            self._parts.append(memoryview(content))
        self._complete = not message.get("more_content")
