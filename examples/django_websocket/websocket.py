"""The socket as a view sees it, during one of its calls."""

from typing import Any

Frame = str | bytes


class Waiting(BaseException):
    """The view waits for a frame, so this call of it ends; the frame will call it again.

    No `Exception`, so that a view's own `except` lets it pass.
    """


class WebSocket:
    """An open socket.

    A view is called when its socket opens, for each frame, and when the socket has closed, by
    whichever worker is free. Each call runs from the top. What the view says before it first
    waits was said when the socket opened, and is not said again.

    Arguments:
        frames: what this call is for: one frame, None for the last call, nothing for the first.

    Attributes:
        closed: whether the socket is closed, by either side.
        replies: what the view wants sent to the socket's reply channel.
        groups: names of the groups that it wants the socket in.
    """

    def __init__(self, *frames: Frame | None) -> None:
        self.closed = None in frames
        self.replies: list[dict[str, Any]] = []
        self.groups: list[str] = []
        self._frames = list(frames)
        self._said_before = bool(frames)

    def receive(self) -> Frame | None:
        """Return the next frame, str or bytes; once None when the socket is closed.

        Where there is none yet the call of the view ends here, and what it has sent leaves.
        """
        self._said_before = False
        if not self._frames:
            raise Waiting
        return self._frames.pop()

    def send(self, data: Frame) -> None:
        """Send a text frame or a binary one."""
        if not isinstance(data, Frame):
            raise TypeError(f"A frame is str or bytes, not {type(data).__name__}.")
        if not self.closed and not self._said_before:
            self.replies.append({"text" if isinstance(data, str) else "bytes": data})

    def close(self, code: int = 1000) -> None:
        """Close the socket, with a code of 1000 or from 3000 to 4999."""
        if not self.closed:
            self.closed = True
            self.replies.append({"close": code})

    def join(self, group: str) -> None:
        """Send the socket from now on what is sent to a group; closing, it leaves by itself."""
        if not self.closed and not self._said_before:
            self.groups.append(group)
