"""Requests to Django's views, and responses back (the contract, section 2)."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.handlers.base import BaseHandler
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseServerError,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from channels.channel import Channel
from channels.exceptions import RequestAborted, RequestTimeout, ResponseLater
from channels.layers.exceptions import ChannelFull, ChannelGone
from channels.message import Message
from channels.request import AsgiRequest, script_name_of
from channels.response import HttpResponseLater, encode_headers, iterate, may_have_content

__all__ = ["AsgiHandler", "AsgiRequest", "HttpResponseLater", "ViewConsumer"]

logger = logging.getLogger("django.request")

# How often a response looks whether its client has made room, and for how long. The interface
# server, which sees what the client reads, gives up on one that has stopped much earlier.
FULL_INTERVAL_SECONDS = 0.05
FULL_SECONDS = 600.0

SERVER_ERROR = {
    "status": 500,
    "headers": [[b"Content-Type", b"text/plain"]],
    "content": b"Internal Server Error",
}

# What a view may raise to say that it has no response.
_Outcome = ResponseLater | RequestTimeout | RequestAborted
_OUTCOMES = (ResponseLater, RequestTimeout, RequestAborted)


class AsgiHandler(BaseHandler):
    """Runs `http.request` messages through Django's middleware and views.

    One handler serves any number of threads; making one loads the middleware.

    Attributes:
        request_class: what requests are made with.
        chunk_size: bytes of a response that one message carries.
    """

    request_class: type[AsgiRequest] = AsgiRequest
    chunk_size = 512 * 1024

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()

    def __call__(self, message: Message) -> Generator[dict[str, Any], None, None]:
        """Yields the messages of the response; none if it is left to somebody else.

        Arguments:
            message: an `http.request` message.
        """
        set_script_prefix(script_name_of(message))
        signals.request_started.send(sender=type(self), message=message, scope=message.content)
        with closing(self._respond(message)) as response:
            # Where Django's own handlers leave it; closing the response tells it to receivers.
            response._handler_class = type(self)  # type: ignore[attr-defined]
            if isinstance(response, HttpResponseLater):
                return
            if message["method"].upper() == "HEAD":
                yield {**_head(response), "content": b"", "more_content": False}
            else:
                yield from self.encode_response(response)

    @classmethod
    def encode_response(cls, response: HttpResponseBase) -> Iterator[dict[str, Any]]:
        """Yields a response as messages: the first has status and headers, all have content.

        Streaming responses are read as the messages are asked for.

        Arguments:
            response: any of Django's responses; closing it is left to the caller.
        """
        head = _head(response)
        for content, more_content in cls._contents(response):
            yield {**head, "content": content, "more_content": more_content}
            head = {}

    @classmethod
    def chunk_bytes(cls, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yields pieces of at most `chunk_size` bytes, each with whether it is the last.

        No data make one empty piece.
        """
        last = max(0, len(data) - 1) // cls.chunk_size * cls.chunk_size
        for start in range(0, last + 1, cls.chunk_size):
            yield data[start : start + cls.chunk_size], start == last

    def process_exception_by_middleware(  # type: ignore[override]  # the stubs know no None
        self, exception: Exception, request: Any
    ) -> HttpResponseBase | None:
        """Shows middleware a view's exception, unless the view only said it has no response."""
        if isinstance(exception, _OUTCOMES):
            return None
        response: HttpResponseBase | None = super().process_exception_by_middleware(
            exception, request
        )
        return response

    def _get_response(self, request: Any) -> HttpResponseBase:
        # Here, below the middleware, which would make a server error of such an exception.
        try:
            response: HttpResponseBase = super()._get_response(request)  # type: ignore[misc]
            return response
        except _OUTCOMES as outcome:
            return _response_for(outcome)

    def _respond(self, message: Message) -> HttpResponseBase:
        try:
            request = self.request_class(message)
        except UnicodeDecodeError as error:
            logger.warning("Bad Request: %s", error, extra={"status_code": 400})
            return HttpResponseBadRequest()
        except _OUTCOMES as outcome:
            return _response_for(outcome)
        response = self._get_any_response(request)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response

    def _get_any_response(self, request: AsgiRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = self.get_response(request)
            return response
        except _OUTCOMES as outcome:
            return _response_for(outcome)
        except Exception:
            if settings.DEBUG_PROPAGATE_EXCEPTIONS:
                raise
            # What makes the error page has failed itself, and no web server catches that here.
            logger.exception("Internal Server Error: %s", request.path, extra={"status_code": 500})
            text = traceback.format_exc() if settings.DEBUG else "Internal Server Error"
            return HttpResponseServerError(text, content_type="text/plain")

    @classmethod
    def _contents(cls, response: HttpResponseBase) -> Iterator[tuple[bytes, bool]]:
        """Yields the content of the messages, each with whether there is more."""
        if not may_have_content(response.status_code):
            yield b"", False
        elif response.streaming:
            assert isinstance(response, StreamingHttpResponse)
            for part in iterate(response):
                for content, _ in cls.chunk_bytes(part):
                    yield content, True
            yield b"", False
        else:
            assert isinstance(response, HttpResponse | FileResponse)
            for content, is_last in cls.chunk_bytes(response.content):
                yield content, not is_last


class ViewConsumer:
    """The consumer of `http.request` that answers with Django's views.

    Attributes:
        handler_class: what it runs requests through.
    """

    handler_class: type[AsgiHandler] = AsgiHandler

    def __init__(self) -> None:
        self.handler = self.handler_class()

    def __call__(self, message: Message) -> None:
        """Sends the response of a request on its reply channel, part by part.

        Arguments:
            message: an `http.request` message.

        Raises:
            ValueError: the message has no reply channel.
            ChannelFull: there was no room for the next part for ten minutes.
        """
        if message.reply_channel is None:
            raise ValueError("A message on http.request has no reply_channel to answer on.")
        started, process = False, os.getpid()
        try:
            with closing(self.handler(message)) as replies:
                for reply in replies:
                    if started or reply.get("more_content"):
                        _send_part(message.reply_channel, reply)
                    else:
                        # Leaves with whatever else the worker has to tell the layer.
                        message.reply_channel.send(reply)
                    started = True
        except ChannelGone:
            logger.info("Stopped a response: its client has left.")
        except BaseException:
            # The client must not wait for what will not come, not after a view's sys.exit() either.
            # A response that has begun cannot become another one. A child that the view forked, and
            # that is done, answers nobody.
            if os.getpid() == process:
                message.reply_channel.send({"closed": True} if started else SERVER_ERROR)
            raise


def _send_part(channel: Channel, reply: dict[str, Any]) -> None:
    deadline = time.monotonic() + FULL_SECONDS
    while True:
        try:
            channel.channel_layer.send(channel.name, reply)
            return
        except ChannelGone:
            raise
        except ChannelFull:
            # The client reads more slowly than the view writes.
            if time.monotonic() > deadline:
                raise
        time.sleep(FULL_INTERVAL_SECONDS)


def _head(response: HttpResponseBase) -> dict[str, Any]:
    return {"status": response.status_code, "headers": encode_headers(response)}


def _response_for(outcome: _Outcome) -> HttpResponseBase:
    if isinstance(outcome, RequestTimeout):
        return HttpResponse("The upload was too slow.", status=408, content_type="text/plain")
    return HttpResponseLater()
