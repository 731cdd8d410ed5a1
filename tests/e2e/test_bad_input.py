"""What a client may send that is wrong: it gets a clear answer, and nobody else notices."""

import socket

import pytest
from websockets.exceptions import ConnectionClosed

from asgi_redis import RedisChannelLayer
from tests.support.visitor import expect_frame
from tests.support.waiting import wait_until

MEBIBYTE = 1 << 20


@pytest.fixture
def other(visitor):
    """Somebody else's open socket, on which the next incident has to arrive."""
    with visitor.socket() as connection:
        yield connection


@pytest.fixture
def layer(stack):
    """What another process with access to Redis can send through."""
    return RedisChannelLayer(hosts=[stack.valkey.url])


def report(visitor, name):
    status, _page = visitor.post(
        "/report/", name=name, severity="ME", location_latitude="10", location_longitude="20"
    )
    assert status == 200


def test_socket_without_a_session_is_refused(anonymous, other):
    assert anonymous.refused_with() == 403

    report(anonymous, "After a stranger")
    expect_frame(other, "After a stranger")


def test_socket_of_a_foreign_origin_is_refused(visitor, other):
    assert visitor.refused_with(origin="http://attacker.example") == 403

    report(visitor, "After a foreign page")
    expect_frame(other, "After a foreign page")


def test_session_in_the_address_opens_no_socket(anonymous, visitor):
    key = next(cookie.value for cookie in visitor.cookies if cookie.name == "sessionid")

    assert anonymous.refused_with(f"/notifications/?session_key={key}") == 403


@pytest.mark.parametrize("frame", ["{ not JSON", b"\x00\xff", "[]"], ids=["text", "bytes", "list"])
def test_frame_that_makes_no_sense_closes_its_socket_only(visitor, other, frame):
    with visitor.socket() as sender:
        sender.send(frame)
        expect_frame(sender, '"bad_frame"')
        with pytest.raises(ConnectionClosed) as closed:
            expect_frame(sender, "nothing more")
    assert closed.value.rcvd.code == 4400

    report(visitor, "After a strange frame")
    expect_frame(other, "After a strange frame")


def test_frame_over_one_mebibyte_closes_its_socket_only(visitor, other):
    with visitor.socket() as sender:
        sender.send("x" * (MEBIBYTE + 1))
        with pytest.raises(ConnectionClosed) as closed:
            expect_frame(sender, "nothing more")
    assert closed.value.rcvd.code == 1009

    report(visitor, "After a huge frame")
    expect_frame(other, "After a huge frame")


def test_path_that_is_not_utf8_is_answered(stack, visitor, other):
    assert stack.status("/%FF%FE/") == 404
    assert status_line(stack, b"GET /\xff\xfe/ HTTP/1.1\r\nHost: localhost\r\n\r\n") in (
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 404 Not Found",
    )

    report(visitor, "After a strange path")
    expect_frame(other, "After a strange path")


def status_line(stack, request: bytes) -> bytes:
    """Send bytes that no HTTP library would, and return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30) as connection:
        connection.sendall(request)
        return connection.makefile("rb").readline().strip()


def test_broken_multipart_body_is_answered_with_400(stack, visitor, other):
    # Without the cookie the body would not even be looked at.
    cookie = b"Cookie: csrftoken=" + b"x" * 32
    request = (
        b"POST /report/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n" + cookie + b"\r\n"
        b"Content-Type: multipart/form-data\r\n\r\n--nothing"
    )
    assert b" 400 " in status_line(stack, request)

    report(visitor, "After a broken form")
    expect_frame(other, "After a broken form")


def test_channel_that_nobody_reads_fills_up_and_says_so(layer, visitor, other):
    for number in range(layer.capacity):
        layer.send("nobody.reads", {"number": number})
    with pytest.raises(layer.ChannelFull, match=r"nobody\.reads"):
        layer.send("nobody.reads", {"number": layer.capacity})

    report(visitor, "After a full channel")
    expect_frame(other, "After a full channel")


def test_consumer_that_raises_is_logged_and_the_worker_goes_on(stack, layer, visitor, other):
    layer.send("websocket.keepalive", {"path": "without a reply channel"})

    wait_until(
        lambda: "tracker.consumers.websocket_keepalive" in stack.worker_output(),
        "the name of the consumer in the log",
    )
    assert all(worker.is_running() for worker in stack.workers)
    report(visitor, "After a failed consumer")
    expect_frame(other, "After a failed consumer")
