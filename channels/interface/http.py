"""One HTTP request: its body becomes messages, replies become the response."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from channels.interface import daphne, messages
from channels.interface.replies import Replies
from channels.layers import names
from channels.layers.exceptions import (
    ChannelFull,
    ChannelLayerError,
    LayerUnavailable,
    Unanswered,
)

if TYPE_CHECKING:
    from channels.interface.server import InterfaceServer

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# How long a worker may take for each part of its response.
RESPONSE_SECONDS = 120.0
# How long a response may take that cannot arrive, because the layer is away, or has lost it.
AWAY_SECONDS = 10.0
# What of a body travels in the request itself, and then in each message on the body channel.
BODY_PART_BYTES = 256 * 1024
# How long a part of the body waits for its reader to make room.
BODY_WAIT_SECONDS = 60.0
# It is tried after this time, and then less and less often: all of it travels each time.
RETRY_SECONDS = 0.01
RETRY_MOST_SECONDS = 1.0
# A response stops at the worker while its client is this far behind, and goes on at a quarter.
BEHIND_BYTES = 1024 * 1024
CATCH_UP_INTERVAL_SECONDS = 0.02
# The layer forgets by itself that a client is behind.
CHOKE_AGAIN_SECONDS = 2.0
# A client that reads nothing for this long has gone without saying so.
STUCK_SECONDS = 30.0

_UNAVAILABLE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>503 Service Unavailable</title>
<h1>Service unavailable</h1><p>%s</p></html>"""
_BUSY = "All workers are busy. Try again in a moment."
_LOST = "The request was lost. Try again."
_AWAY = "The message queue cannot be reached. Try again in a moment."


class ClientGone(Exception):
    """The client left before its response was complete."""


class BrokenOff(Exception):
    """The worker failed in the middle of its response."""


class HttpConnection:
    """A request from its first byte to the last of its response.

    Arguments:
        server: the interface server that holds it.
        scope: its ASGI 3 scope.
        receive: gives its events.
        send: takes the response's events.
    """

    def __init__(
        self, server: InterfaceServer, scope: messages.Scope, receive: Receive, send: Send
    ) -> None:
        # What Daphne's channel has done of it before.
        self._begun = daphne.begun_for(scope)
        begun = self._begun
        self.reply_channel = begun.reply_channel if begun else server.mailbox.new_channel()
        self._server = server
        self._scope = scope
        self._send = send
        self._receive = receive
        self._inside = daphne.request_for(scope)
        self._is_direct = daphne.is_direct(scope, send)
        self._replies = Replies()
        self._serving: asyncio.Task[None] | None = None
        # Where the body goes while not all of it is there, and what carries it.
        self._body_channel: str | None = None
        self._listening: asyncio.Task[None] | None = None
        self._sent_at = begun.sent_at if begun else math.inf
        self._has_started = False
        self._has_body = True
        # What may still come of a response that has announced its length.
        self._left: int | None = None
        self._is_cut = False
        self._queued_bytes = 0
        self._choked = False
        self._choked_at = 0.0
        for message in begun.early if begun else ():
            self.reply(message)

    async def serve(self) -> None:
        """Carries the request to a worker and its response to the client."""
        self._serving = asyncio.current_task()
        if self._inside:
            self._inside.when_gone(lambda: self._replies.put(None))
        try:
            if await self._carry_request():
                await self._carry_response()
        except ClientGone:
            self._say_goodbye()
        except BrokenOff as error:
            logger.error("Broke off the response for %s: %s", self._scope["path"], error)
            self._abort()
        except asyncio.CancelledError:
            if not self._server.draining:
                # The server gave up on it: the client has left, or somebody ends the process.
                self._say_goodbye()
                raise
            await self._turn_away()
        finally:
            # Behind a complete response hardly anybody reads the rest of the body.
            self._close_body(self._server.send_once)

    def turn_away(self) -> None:
        """Ends the request, because the server is going away and can wait no longer."""
        if self._serving:
            self._serving.cancel()

    def check_overdue(self) -> None:
        """Gives up on a worker that has not answered for too long, or cannot.

        One that may wait for the body has all the time that this takes.
        """
        if self._body_channel:
            self._replies.restart()
        else:
            impossible = self._is_away() or self._is_lost()
            self._replies.check_overdue(AWAY_SECONDS if impossible else RESPONSE_SECONDS)
        if self._choked and time.monotonic() - self._choked_at > CHOKE_AGAIN_SECONDS:
            self._choke(True)

    def reply(self, message: messages.Content) -> None:
        """Takes a worker's reply; no more come while the client is far behind."""
        self._queued_bytes += _size(message)
        self._replies.put(message)
        if not self._choked and self._behind() > BEHIND_BYTES:
            self._choke(True)

    def lost(self) -> None:
        """A reply was dropped on its way: the response cannot be completed."""
        self._replies.put({"closed": True})

    async def _carry_request(self) -> bool:
        """Returns whether the request is with a worker; if not, the client has its answer."""
        try:
            await (self._begun.sending if self._begun else self._send_request())
        except ChannelLayerError as error:
            logger.warning("Answered 503 for %s: %s", self._scope["path"], error)
            if not isinstance(error, Unanswered):
                self._body_channel = None  # no worker has the request
            self._close_body(self._server.send_surely)
            await self._unavailable(_BUSY if isinstance(error, ChannelFull) else _AWAY)
            return False
        if self._body_channel or not self._inside:
            self._listening = asyncio.ensure_future(self._listen())
            self._listening.add_done_callback(self._end_listening)
        return True

    async def _send_request(self) -> None:
        if self._behind() > BEHIND_BYTES:
            # Earlier responses wait for a client that sends requests and reads nothing.
            await self._let_catch_up()
        body, more = await self._read_body()
        if more:
            self._body_channel = names.new_name(names.BODY_CHANNELS)
        request = messages.http_request(self._scope, self.reply_channel, body, self._body_channel)
        self._sent_at = time.monotonic()
        await self._server.mailbox.send("http.request", request)

    async def _listen(self) -> None:
        """Carries the rest of the body beside the response, which may be made as it is read.

        Raises:
            ClientGone: this is how it ends; in Daphne `when_gone` tells as well.
        """
        if self._body_channel:
            await self._carry_body(self._body_channel)
            self._body_channel = None
        while not self._inside:
            if (await self._receive())["type"] == "http.disconnect":
                raise ClientGone

    def _end_listening(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            self._replies.put(None)

    async def _read_body(self) -> tuple[bytes, bool]:
        """Returns the next part of the body, and whether there is more."""
        parts: list[bytes] = []
        size = 0
        while size < BODY_PART_BYTES:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise ClientGone
            parts.append(event.get("body", b""))
            size += len(parts[-1])
            if not event.get("more_body", False):
                return b"".join(parts), False
        return b"".join(parts), True

    async def _carry_body(self, channel: str) -> None:
        for order in itertools.count(1):
            content, more = await self._read_body()
            part = {"content": content, "more_content": more, "order": order}
            if not (await self._send_body(channel, part) and more):
                return  # a part behind one that is missing would pass for the whole

    async def _send_body(self, channel: str, message: messages.Content) -> bool:
        """Sends a part of the body once its reader has made room.

        It may arrive twice, with the same number. After a minute it is lost, and its reader told.

        Returns:
            whether it went.
        """
        deadline = time.monotonic() + BODY_WAIT_SECONDS
        pause = RETRY_SECONDS
        while True:
            try:
                await self._server.mailbox.send(channel, message)
                return True
            except (ChannelFull, LayerUnavailable) as error:
                if time.monotonic() > deadline:
                    logger.warning("Dropped the rest of a body: %s", error)
                    # The reader knows by a number that does not follow that a part is missing.
                    end = {"content": b"", "more_content": False, "order": message["order"] + 1}
                    self._server.send_surely(channel, end)
                    return False
            await asyncio.sleep(pause)
            pause = min(2 * pause, RETRY_MOST_SECONDS)

    def _close_body(self, send: Callable[[str, messages.Content], None]) -> None:
        """Tells who reads the body, unless all of it is there, that no more will come."""
        if self._listening:
            self._listening.cancel()
            # What it ends with knows us, and a part of the body: both would wait for the collector.
            self._listening = None
        if self._body_channel:
            send(self._body_channel, {"closed": True})
            self._body_channel = None

    async def _carry_response(self) -> None:
        first = more = True
        while more:
            part = await self._next_part(first)
            if part is None:
                return
            await self._send_part(part)
            first, more = False, part.more_content
            if more and self._choked:
                await self._let_catch_up()

    async def _next_part(self, first: bool) -> messages.ResponsePart | None:
        """Returns the next part, or None when the response has come to a bad end."""
        try:
            message = await self._replies.get()
        except TimeoutError:
            await self._break_off(first, self._explain_silence())
            return None
        if message is None:
            if self._listening and self._listening.done():
                self._listening.result()  # raises what went wrong
            raise ClientGone
        self._queued_bytes -= _size(message)
        try:
            return messages.parse_response(message, first)
        except ValueError as error:
            logger.error("Bad reply to the request for %s: %s", self._scope["path"], error)
            await self._break_off(first, "The response was not understood.")
            return None

    def _is_away(self) -> bool:
        return self._server.mailbox.is_away(self.reply_channel)

    def _is_lost(self) -> bool:
        return self._server.mailbox.has_forgotten(self._sent_at)

    def _explain_silence(self) -> str:
        """Returns why there is no reply, and logs it."""
        path = self._scope["path"]
        if self._is_away():
            logger.warning("No reply for %s: the channel layer is away.", path)
            return _AWAY
        if self._is_lost():
            logger.warning("No reply for %s: the channel layer lost its memory meanwhile.", path)
            return _LOST
        logger.error("No reply for %s in %.0f s: is a worker running?", path, RESPONSE_SECONDS)
        return "No worker answered in time."

    async def _send_part(self, part: messages.ResponsePart) -> None:
        if part.status is None:
            await self._send_body_part(self._fit(part), part.more_content)
            return
        self._has_started = True
        headers = part.headers + messages.length_headers(part, self._scope["method"])
        self._has_body = messages.has_body(part.status, self._scope["method"])
        self._left = messages.content_length(headers) if self._has_body else None
        content = self._fit(part)
        if not part.more_content and self._respond(part.status, headers, content):
            return
        await self._send({"type": "http.response.start", "status": part.status, "headers": headers})
        await self._send_body_part(content, part.more_content)

    async def _send_body_part(self, content: bytes, more: bool) -> None:
        body = content if self._has_body else b""
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _fit(self, part: messages.ResponsePart) -> bytes:
        """Returns as much of a part's content as the announced length has room for.

        What is over would pass for the next response of the connection.

        Raises:
            BrokenOff: the response ends before its length.
        """
        if self._left is None:
            return part.content
        content = part.content[: self._left]
        if len(content) < len(part.content) and not self._is_cut:
            self._is_cut = True
            path = self._scope["path"]
            logger.warning("Cut the response for %s, longer than its Content-Length.", path)
        self._left -= len(content)
        if self._left and not part.more_content:
            raise BrokenOff(f"it ended {self._left} bytes before its Content-Length")
        return content

    def _respond(self, status: int, headers: messages.Headers, content: bytes) -> bool:
        """Takes the short way out for a whole response; returns whether there is one."""
        if self._inside is None or not self._is_direct:
            return False
        return self._inside.respond(status, headers, content)

    async def _break_off(self, first: bool, reason: str) -> None:
        self._close_body(self._server.send_surely)
        if not first:
            raise BrokenOff(reason)
        await self._unavailable(reason)

    def _behind(self) -> int:
        """Returns how many bytes are on their way to the client."""
        return self._queued_bytes + (self._inside.waiting() if self._inside else 0)

    def _choke(self, choked: bool) -> None:
        self._choked, self._choked_at = choked, time.monotonic()
        self._server.mailbox.choke(self.reply_channel, choked)

    async def _let_catch_up(self) -> None:
        """Waits until the client has read most of what it has been sent."""
        loop = asyncio.get_running_loop()
        least, since = self._behind(), loop.time()
        while self._behind() > BEHIND_BYTES // 4 and self._replies.empty():
            await asyncio.sleep(CATCH_UP_INTERVAL_SECONDS)
            if self._behind() < least:
                least, since = self._behind(), loop.time()
            elif loop.time() - since > STUCK_SECONDS:
                self._abort()
                raise ClientGone
        if self._choked and self._behind() <= BEHIND_BYTES // 4:
            self._choke(False)

    def _abort(self) -> None:
        """Cuts the connection where the server lets us; a plain end would look complete."""
        if self._inside is None:
            raise BrokenOff("the server is told by this exception")
        self._inside.abort()

    def _say_goodbye(self) -> None:
        """Tells whoever works on the request that its client has left."""
        self._server.say_goodbye(self._scope, self.reply_channel)
        self._close_body(self._server.send_surely)

    async def _turn_away(self) -> None:
        """Tells the client that the server is going away, and who reads the body."""
        self._close_body(self._server.send_surely)
        if self._has_started:
            self._abort()
        else:
            await self._unavailable("The server is going away. Try again in a moment.")

    async def _unavailable(self, reason: str) -> None:
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"retry-after", b"1"),
            (b"cache-control", b"no-store"),
        ]
        content = (_UNAVAILABLE % reason).encode()
        await self._send_part(messages.ResponsePart(503, headers, content, False))


def _size(message: messages.Content) -> int:
    """Returns the bytes of a reply's content; one that is no bytes is refused later."""
    content = message.get("content")
    return len(content) if isinstance(content, bytes) else 0
