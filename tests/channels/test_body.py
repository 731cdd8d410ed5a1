"""Tests of channels.body: a request body that is still on its way."""

import io
import threading

import pytest

from channels.body import READ_AHEAD_BYTES, RequestBody
from channels.exceptions import RequestAborted, RequestTimeout
from channels.layers.memory import InMemoryChannelLayer

CHANNEL = "http.request.body?abc"


@pytest.fixture
def layer() -> InMemoryChannelLayer:
    return InMemoryChannelLayer()


def open_body(layer, beginning: bytes = b"", timeout: float = 10) -> io.BufferedReader:
    return io.BufferedReader(RequestBody(layer, CHANNEL, beginning, timeout))


def test_parts_are_read_as_one_stream_behind_the_beginning(layer):
    layer.send(CHANNEL, {"content": b"two\nthr", "more_content": True})
    layer.send(CHANNEL, {"content": b"ee", "more_content": False})
    body = open_body(layer, b"one\n")
    assert body.readline() == b"one\n"
    assert body.read(2) == b"tw"
    assert body.read() == b"o\nthree"
    assert body.read() == b""


def test_a_part_without_more_content_is_the_last(layer):
    layer.send(CHANNEL, {"content": b"all"})
    assert open_body(layer).read() == b"all"


def test_empty_parts_do_not_end_the_body(layer):
    layer.send(CHANNEL, {"content": b"", "more_content": True})
    layer.send(CHANNEL, {"more_content": True})
    layer.send(CHANNEL, {"content": b"end"})
    assert open_body(layer).read() == b"end"


def test_reading_waits_for_parts_that_come_later(layer):
    body = open_body(layer)
    sender = threading.Timer(0.05, layer.send, [CHANNEL, {"content": b"late"}])
    sender.start()
    assert body.read() == b"late"
    sender.join()


def test_a_client_that_stalls_is_a_timeout(layer):
    layer.send(CHANNEL, {"content": b"one", "more_content": True})
    body = open_body(layer, timeout=0)
    assert body.read(3) == b"one"
    with pytest.raises(RequestTimeout, match="within 0 s"):
        body.read()


def test_a_client_that_leaves_aborts_the_reading(layer):
    layer.send(CHANNEL, {"closed": True})
    body = open_body(layer, b"one")
    with pytest.raises(RequestAborted):
        body.read()


def test_a_part_that_was_sent_again_is_read_once(layer):
    for order, content in [(1, b"one,"), (2, b"two,"), (2, b"two,"), (1, b"one,")]:
        layer.send(CHANNEL, {"content": content, "more_content": True, "order": order})
    layer.send(CHANNEL, {"content": b"three", "order": 3})
    assert open_body(layer, b"zero,").read() == b"zero,one,two,three"


@pytest.mark.parametrize("orders", [(2,), (1, 3)])
def test_a_part_that_is_missing_is_not_passed_over(layer, orders):
    for order in orders:
        layer.send(CHANNEL, {"content": b"part", "order": order, "more_content": order == 1})
    with pytest.raises(RequestTimeout, match="part of the request body"):
        open_body(layer).read()


def test_reading_ahead_takes_what_is_there_and_does_not_wait(layer):
    layer.send(CHANNEL, {"content": b"one", "more_content": True})
    body = RequestBody(layer, CHANNEL, b"", timeout=60)
    body.read_ahead()
    assert layer.receive([CHANNEL]) == (None, None)
    layer.send(CHANNEL, {"content": b"two"})
    assert io.BufferedReader(body).read() == b"onetwo"


def test_reading_ahead_is_bounded(layer):
    for _ in range(3):
        layer.send(CHANNEL, {"content": bytes(READ_AHEAD_BYTES), "more_content": True})
    RequestBody(layer, CHANNEL, b"", timeout=60).read_ahead()
    left = [layer.receive([CHANNEL])[0] for _ in range(3)]
    assert left == [CHANNEL, CHANNEL, None]


def test_reading_ahead_notices_a_client_that_has_left(layer):
    layer.send(CHANNEL, {"closed": True})
    with pytest.raises(RequestAborted):
        RequestBody(layer, CHANNEL, b"", timeout=60).read_ahead()
