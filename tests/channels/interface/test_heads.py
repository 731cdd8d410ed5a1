"""Tests of channels.interface.heads: requests that are plain, and the heads of responses."""

import pytest

from channels.interface import heads
from channels.interface.heads import Head

HOST = (b"host", b"x")


def head(*lines: bytes, request: bytes = b"GET / HTTP/1.1") -> bytes:
    """Returns a head with a host and more headers."""
    return b"\r\n".join([request, b"Host: x", *lines, b"", b""])


class TestPlainRequests:
    @pytest.mark.parametrize(
        "target",
        [
            b"/",
            b"/page/?a=1&b=%20",
            b"//host/page",
            b"/?",
            b"/??",
            b"/a#b",
            b"/%ff",
            b'/"<>\\^`{|}',
        ],
    )
    def test_the_target_is_as_it_came(self, target):
        request = b"GET %b HTTP/1.1" % target
        assert heads.decode(head(request=request)) == Head(target, [HOST])

    @pytest.mark.parametrize(
        ("line", "header"),
        [
            (b"X-Name: Value", (b"x-name", b"Value")),
            (b"X-Name:Value", (b"x-name", b"Value")),
            (b"X-Name: \t in the middle \t ", (b"x-name", b"in the middle")),
            (b"X-Name:", (b"x-name", b"")),
            (b"X-Name:  ", (b"x-name", b"")),
            (b"X-Name: a:b", (b"x-name", b"a:b")),
            (b"X-Name: a\tb", (b"x-name", b"a\tb")),
            (b"X-Name: \xc3\xa9\xff\x80\x84\x86", (b"x-name", b"\xc3\xa9\xff\x80\x84\x86")),
            (b"!#$%&'*+.^`|~-9Z: 1", (b"!#$%&'*+.^`|~-9z", b"1")),
            (b"Connection: keep-alive", (b"connection", b"keep-alive")),
            (b"connection:Keep-Alive ", (b"connection", b"Keep-Alive")),
        ],
    )
    def test_a_header_has_a_name_in_lower_case_and_a_value(self, line, header):
        assert heads.decode(head(line)) == Head(b"/", [HOST, header])

    def test_headers_keep_their_order_and_come_as_often_as_they_came(self):
        given = heads.decode(head(b"A: 1", b"B: 2", b"a: 3"))
        assert given == Head(b"/", [HOST, (b"a", b"1"), (b"b", b"2"), (b"a", b"3")])

    def test_their_number_and_size_have_bounds(self):
        many = [b"X: %d" % number for number in range(99)]
        assert heads.decode(head(*many)) is not None
        assert heads.decode(head(*many, b"X: 99")) is None
        room = 8192 - len(head(b"X: "))
        assert heads.decode(head(b"X: " + bytes(room).replace(b"\0", b"x"))) is not None
        assert heads.decode(head(b"X: " + bytes(room + 1).replace(b"\0", b"x"))) is None


class TestOtherRequests:
    @pytest.mark.parametrize(
        "request_line",
        [
            b"POST / HTTP/1.1",
            b"HEAD / HTTP/1.1",
            b"get / HTTP/1.1",
            b"GET / HTTP/1.0",
            b"GET / HTTP/2.0",
            b"GET / http/1.1",
            b"GET /",
            b"GET  / HTTP/1.1",
            b"GET /  HTTP/1.1",
            b"GET\t/ HTTP/1.1",
            b" GET / HTTP/1.1",
            b"\r\nGET / HTTP/1.1",
            b"GET / HTTP/1.1 ",
            b"GET /a b HTTP/1.1",
            b"GET http://other/ HTTP/1.1",
            b"GET * HTTP/1.1",
            b"GET page HTTP/1.1",
            b"GET /pag\xe9 HTTP/1.1",
            b"GET /\x7f HTTP/1.1",
            b"GET /\0 HTTP/1.1",
        ],
    )
    def test_by_their_first_line(self, request_line):
        assert heads.decode(head(request=request_line)) is None

    @pytest.mark.parametrize(
        "line",
        [
            b"Content-Length: 4",
            b"Content-Length: 0",
            b"CONTENT-LENGTH: 0",
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: identity",
            b"Expect: 100-continue",
            b"Upgrade: websocket",
            b"HTTP2-Settings: AAMAAABk",
            b"Connection: close",
            b"Connection: upgrade",
            b"Connection: keep-alive, close",
            b"Connection:",
            b"Daphne-Root-Path: /page",
        ],
    )
    def test_by_a_header_that_says_so(self, line):
        assert heads.decode(head(line)) is None
        assert heads.decode(head(b"Connection: keep-alive", line)) is None

    @pytest.mark.parametrize(
        "line",
        [
            b"X_Name: 1",
            b": 1",
            b"X-Name : 1",
            b"X Name: 1",
            b" X-Name: 1",
            b"X-Name",
            b"X-Name: 1\r\n folded",
            b"X-Name: 1\r\n\tfolded",
            b"X-Name: 1\nX-Other: 2",
            b"X-N\xe4me: 1",
            *(b"X-Name: a%bb" % bytes([code]) for code in range(0x20) if code != 0x09),
            b"X-Name: a\x7fb",
            b"X-Name: a\x85b",
        ],
    )
    def test_by_a_line_that_is_no_header(self, line):
        assert heads.decode(head(line)) is None

    @pytest.mark.parametrize("data", [head(), head(b"X-Name: 1", b"X-Other: 2")])
    def test_by_what_is_missing(self, data):
        assert heads.decode(data) is not None
        for size in range(len(data)):
            assert heads.decode(data[:size]) is None

    @pytest.mark.parametrize("more", [b"G", b"\r\n", b"\n", b"\0", b"body", head()])
    def test_by_what_comes_behind(self, more):
        assert heads.decode(head() + more) is None

    @pytest.mark.parametrize(
        "data", [b"", b"GET / HTTP/1.1\r\n\r\n", head().replace(b"\r\n", b"\n")]
    )
    def test_by_their_lines(self, data):
        assert heads.decode(data) is None


class TestResponses:
    def test_a_head_has_a_line_for_each_header(self):
        headers = [(b"X-Name", b"\xe9"), (b"x-name", b"2"), (b"X-Empty", b"")]
        assert heads.encode(207, headers) == (
            b"HTTP/1.1 207 Multi-Status\r\nX-Name: \xe9\r\nx-name: 2\r\nX-Empty: \r\n\r\n"
        )

    def test_it_may_have_none(self):
        assert heads.encode(200, []) == b"HTTP/1.1 200 OK\r\n\r\n"

    def test_a_status_without_a_name_is_sent_as_well(self):
        assert heads.encode(299, []) == b"HTTP/1.1 299 Unknown Status\r\n\r\n"
