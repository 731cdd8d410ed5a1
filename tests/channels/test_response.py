"""Tests of channels.response: responses as messages need them."""

import asyncio

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from channels.response import HttpResponseLater, encode_headers, iterate, may_have_content


def test_headers_keep_their_case_and_come_as_bytes():
    response = HttpResponse(content_type="text/plain")
    response["X-Name"] = "André"
    assert encode_headers(response) == [
        [b"Content-Type", b"text/plain"],
        [b"X-Name", "André".encode("latin-1")],
    ]


def test_every_cookie_is_a_header_of_its_own():
    response = HttpResponse()
    response.set_cookie("a", "1", httponly=True)
    response.set_cookie("b", "2")
    assert encode_headers(response)[1:] == [
        [b"Set-Cookie", b"a=1; HttpOnly; Path=/"],
        [b"Set-Cookie", b"b=2; Path=/"],
    ]


@pytest.mark.parametrize(
    ("status", "expected"), [(101, False), (200, True), (204, False), (304, False), (404, True)]
)
def test_some_statuses_have_no_content(status, expected):
    assert may_have_content(status) is expected


def test_parts_of_a_stream_are_made_when_asked_for():
    made = []

    def parts():
        for number in range(3):
            made.append(number)
            yield str(number)

    iterator = iter(iterate(StreamingHttpResponse(parts())))
    assert next(iterator) == b"0"
    assert made == [0]


def test_parts_of_an_asynchronous_stream_are_made_when_asked_for():
    made = []

    async def parts():
        for number in range(3):
            made.append(number)
            await asyncio.sleep(0)
            yield str(number)

    iterator = iter(iterate(StreamingHttpResponse(parts())))
    assert next(iterator) == b"0"
    assert made == [0]
    assert list(iterator) == [b"1", b"2"]


def test_an_asynchronous_stream_keeps_its_event_loop():
    async def parts():
        queue: asyncio.Queue[str] = asyncio.Queue()
        for letter in "ab":
            asyncio.get_running_loop().call_soon(queue.put_nowait, letter)
            yield await queue.get()

    assert list(iterate(StreamingHttpResponse(parts()))) == [b"a", b"b"]


def test_leaving_an_asynchronous_stream_lets_it_clean_up():
    cleaned = []

    async def parts():
        try:
            yield "a"
            yield "b"
        finally:
            await asyncio.sleep(0)
            cleaned.append(True)

    iterator = iterate(StreamingHttpResponse(parts()))
    next(iter(iterator))
    iterator.close()
    assert cleaned == [True]


def test_a_response_for_later_is_accepted():
    assert HttpResponseLater().status_code == 202
