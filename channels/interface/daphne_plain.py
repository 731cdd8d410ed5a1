"""Plain requests in Daphne that are answered with one reply in good time, as most are.

They need no task, and none of the objects that Twisted and Daphne make for a request. Where more
comes of one, Daphne reads it once more, and an HttpConnection goes on with it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from channels.interface import heads, messages
from channels.interface.daphne_request import log_response, with_name

if TYPE_CHECKING:
    import asyncio

    from channels.interface.daphne_channel import Channel
    from channels.interface.server import InterfaceServer

# How long a reply may take before an HttpConnection waits for it, with all that may come of that.
SOON_SECONDS = 3.0


class PlainRequest:
    """Stands in for Twisted's request at its channel, and for an HttpConnection at the server.

    Arguments:
        channel: what read it.
        interface: the interface server.
        scope: as much of an ASGI 3 scope as the request's message is made of.
        data: as it came.

    Attributes:
        sending: done when the request is with a worker.
        sent_at: when it left, on the monotonic clock.
        early: replies for the HttpConnection that goes on.

    Raises:
        ChannelLayerError: the request cannot be sent.
    """

    __slots__ = (
        "_channel",
        "_data",
        "_interface",
        "_is_over",
        "_scope",
        "early",
        "reply_channel",
        "sending",
        "sent_at",
    )

    def __init__(
        self, channel: Channel, interface: InterfaceServer, scope: messages.Scope, data: bytes
    ) -> None:
        mailbox = interface.mailbox
        self.reply_channel = mailbox.new_channel()
        self.early: list[messages.Content] = []
        self.sent_at = time.monotonic()
        self._channel = channel
        self._interface = interface
        self._scope = scope
        self._data = data
        # Answered, handed over or left.
        self._is_over = False
        request = messages.http_request(scope, self.reply_channel, b"", None)
        self.sending = mailbox.send("http.request", request)
        self.sending.add_done_callback(self._check_sent)
        interface.admit(self)

    def reply(self, message: messages.Content) -> None:
        """Takes a worker's reply."""
        if self._is_over or not self._respond(message):
            self.early.append(message)
            self.hand_over()

    def lost(self) -> None:
        """A reply was dropped on its way."""
        self.reply({"closed": True})

    def check_overdue(self) -> None:
        """Has the reply waited for with more patience if it does not come soon."""
        # Daphne's own limit is for what it knows of.
        limit = self._channel.factory.server.http_timeout or SOON_SECONDS
        if time.monotonic() - self.sent_at > min(SOON_SECONDS, limit):
            self.hand_over()

    def connectionLost(self, _reason: Any) -> None:
        """Takes note that the client has left before its response was there."""
        self._is_over = True
        self._interface.dismiss(self)
        self._interface.say_goodbye(self._scope, self.reply_channel)

    def hand_over(self) -> None:
        """Leaves the request to Daphne, and to an HttpConnection that takes this one's place."""
        if not self._is_over:
            self._is_over = True
            self._channel.read_again(self, self._data)

    def _check_sent(self, sending: asyncio.Future[None]) -> None:
        if sending.cancelled() or sending.exception():
            self.hand_over()

    def _respond(self, message: messages.Content) -> bool:
        """Returns whether the reply was a whole response, which has left."""
        try:
            part = messages.parse_response(message, first=True)
        except ValueError:
            return False
        headers = messages.whole_headers(part)
        if headers is None:
            return False
        server = self._channel.factory.server
        status: int = message["status"]
        self._is_over = True
        self._interface.dismiss(self)
        head = heads.encode(status, with_name(server, headers))
        self._channel.complete(self, head + part.content)
        log_response(
            server,
            client=self._scope["client"],
            method=b"GET",
            target=self._data.split(b" ", 2)[1],
            status=status,
            size=len(part.content),
            seconds=time.monotonic() - self.sent_at,
        )
        return True
