"""Responses as messages need them (the contract, section 3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Iterable, Iterator

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase


class HttpResponseLater(HttpResponse):
    """Stands for a response that a consumer will send later: itself, it is never sent.

    It passes through the middleware in place of the one to come. A view may return it, or
    raise ResponseLater.
    """

    status_code = 202


def may_have_content(status: int) -> bool:
    """Returns whether a response with this status has content (RFC 9110, section 6.4.1)."""
    return status >= 200 and status not in (204, 304)


def encode_headers(response: HttpResponseBase) -> list[list[bytes]]:
    """Returns the headers, their names in the case that the application wrote."""
    # Lists, for tuples would have to be packed a second time.
    headers = [[name.encode("ascii"), value.encode("latin-1")] for name, value in response.items()]
    cookies = [
        [b"Set-Cookie", cookie.OutputString().encode("ascii")]
        for cookie in response.cookies.values()
    ]
    return headers + cookies


def iterate(response: StreamingHttpResponse) -> Iterable[bytes]:
    """Returns the parts of a streaming response, each made when it is asked for."""
    return _pull(response) if response.is_async else response


def _pull(parts: AsyncIterable[bytes]) -> Iterator[bytes]:
    """Runs an asynchronous iterator from one part to the next.

    An event loop of its own stands still in between, so a slow client slows down the view.
    """
    loop = asyncio.new_event_loop()
    iterator = aiter(parts)

    async def next_part() -> bytes | None:
        return await anext(iterator, None)

    try:
        while (part := loop.run_until_complete(next_part())) is not None:
            yield part
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
