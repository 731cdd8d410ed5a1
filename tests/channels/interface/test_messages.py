"""Tests of channels.interface.messages: the messages of the contract, section 3."""

import pytest

from channels.interface import messages
from channels.interface.messages import ResponsePart, SocketReply

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "POST",
    "scheme": "https",
    "path": "/straße/",
    "query_string": b"a=1",
    "root_path": "/app",
    "headers": [(b"x-one", b"1"), (b"cookie", b"a=b"), (b"x-one", b"2")],
    "client": ("192.0.2.1", 40000),
    "server": ("192.0.2.2", 443),
}
CONNECTION = {
    "reply_channel": "reply!1",
    "path": "/straße/",
    "query_string": b"a=1",
    "root_path": "/app",
    "headers": [[b"x-one", b"1"], [b"cookie", b"a=b"], [b"x-one", b"2"]],
    "client": ["192.0.2.1", 40000],
    "server": ["192.0.2.2", 443],
}


class TestRequests:
    def test_a_request_has_everything_of_its_scope(self):
        assert messages.http_request(SCOPE, "reply!1", b"body", None) == {
            **CONNECTION,
            "http_version": "1.1",
            "method": "POST",
            "scheme": "https",
            "body": b"body",
        }

    def test_the_body_channel_is_there_when_there_is_more(self):
        request = messages.http_request(SCOPE, "reply!1", b"", "http.request.body?x")
        assert request["body_channel"] == "http.request.body?x"

    def test_what_a_server_does_not_know_is_none_or_empty(self):
        scope = {"http_version": "1.0", "method": "GET", "scheme": "http", "path": "/"}
        request = messages.http_request(scope, "reply!1", b"", None)
        assert request["client"] is request["server"] is None
        assert (request["query_string"], request["root_path"], request["headers"]) == (b"", "", [])

    def test_a_disconnect_names_the_request(self):
        assert messages.http_disconnect(SCOPE, "reply!1") == {
            "reply_channel": "reply!1",
            "path": "/straße/",
        }


class TestSockets:
    def test_a_handshake_has_everything_of_its_scope(self):
        scope = {**SCOPE, "subprotocols": ("chat", "news")}
        assert messages.websocket_connect(scope, "reply!1", "wss") == {
            **CONNECTION,
            "scheme": "wss",
            "subprotocols": ["chat", "news"],
            "order": 0,
        }

    @pytest.mark.parametrize(
        ("event", "content"),
        [
            ({"text": "hi"}, {"text": "hi"}),
            ({"text": "", "bytes": None}, {"text": ""}),
            ({"bytes": b"\0"}, {"bytes": b"\0"}),
            ({"text": None, "bytes": b""}, {"bytes": b""}),
        ],
    )
    def test_a_frame_is_text_or_bytes_even_when_it_is_empty(self, event, content):
        assert messages.websocket_receive("reply!1", "/", event, 3) == {
            "reply_channel": "reply!1",
            "path": "/",
            "order": 3,
            **content,
        }

    def test_the_end_and_the_signs_of_life_name_the_socket(self):
        names = {"reply_channel": "reply!1", "path": "/"}
        assert messages.websocket_keepalive("reply!1", "/") == names
        assert messages.websocket_disconnect("reply!1", "/", 1001, 7) == {
            **names,
            "code": 1001,
            "order": 7,
        }


class TestSocketReplies:
    @pytest.mark.parametrize(
        ("message", "reply"),
        [
            ({}, SocketReply()),
            ({"accept": True}, SocketReply(accept=True)),
            ({"accept": False}, SocketReply(accept=False)),
            ({"accept": False, "status": 404}, SocketReply(accept=False, status=404)),
            ({"text": ""}, SocketReply(data="")),
            ({"bytes": b"", "text": None}, SocketReply(data=b"")),
            ({"close": True}, SocketReply(close=1000)),
            ({"close": False}, SocketReply()),
            ({"text": "bye", "close": 4001}, SocketReply(data="bye", close=4001)),
        ],
    )
    def test_what_they_say(self, message, reply):
        assert messages.parse_socket_reply(message) == reply

    @pytest.mark.parametrize("code", [1000, 1008, 1011, 1012, 1013, 3000, 4999])
    def test_codes_to_close_with(self, code):
        assert messages.parse_socket_reply({"close": code}).close == code

    @pytest.mark.parametrize("code", [0, 999, 1005, 1006, 1015, 2999, 5000, "1000", 1000.0])
    def test_codes_that_are_not_for_applications(self, code):
        with pytest.raises(ValueError, match="or 3000 to 4999; not"):
            messages.parse_socket_reply({"close": code})

    @pytest.mark.parametrize(
        ("message", "complaint"),
        [
            ({"txet": "hi"}, "txet"),
            ({"content": b"", 1: 2, None: 3}, "content"),
            ({"text": "a", "bytes": b"b"}, "not both"),
            ({"text": b"a"}, "text must be a str, not bytes"),
            ({"bytes": "a"}, "bytes must be bytes, not str"),
            ({"status": 404}, "status belongs to accept: False"),
            ({"accept": True, "status": 404}, "status belongs to accept: False"),
            ({"accept": False, "status": 200}, "from 400 to 599; not 200"),
            ({"accept": False, "status": "no"}, "from 400 to 599; not 'no'"),
        ],
    )
    def test_mistakes_are_explained(self, message, complaint):
        with pytest.raises(ValueError, match=complaint):
            messages.parse_socket_reply(message)


class TestResponses:
    def test_the_first_part_has_status_and_headers(self):
        message = {"status": 200, "headers": [["X-Name", "é"], [b"x", b"y"]], "content": b"c"}
        assert messages.parse_response(message, first=True) == ResponsePart(
            200, [(b"X-Name", b"\xe9"), (b"x", b"y")], b"c", False
        )

    def test_the_others_have_content_only(self):
        message = {"status": 500, "headers": [[b"x", b"y"]], "content": b"c", "more_content": True}
        assert messages.parse_response(message, first=False) == ResponsePart(None, [], b"c", True)

    @pytest.mark.parametrize(
        ("message", "complaint"),
        [
            ({}, "needs a status"),
            ({"text": "a", 1: 2}, "needs a status"),
            ({"status": "200"}, "needs a status"),
            ({"status": 199}, "needs a status"),
            ({"status": 600}, "needs a status"),
            ({"status": 200, "content": "text"}, "content must be bytes, not str"),
            ({"status": 200, "content": None}, "content must be bytes, not NoneType"),
            ({"status": 200, "headers": None}, "headers must be"),
            ({"status": 200, "headers": 7}, "headers must be"),
            ({"status": 200, "headers": [7]}, "headers must be"),
            ({"status": 200, "headers": [[b"a", b"b", b"c"]]}, "headers must be"),
            ({"status": 200, "headers": [[b"a", b"b\r\nc: d"]]}, "without line breaks"),
            ({"status": 200, "headers": [[b"a", 7]]}, "must be bytes"),
            ({"status": 200, "headers": [["a", "€"]]}, "latin-1"),
            ({"status": 200, "headers": [[b"a: b", b"c"]]}, "letters, digits"),
            ({"status": 200, "headers": [[b"", b"c"]]}, "letters, digits"),
            ({"closed": True}, "broke it off"),
        ],
    )
    def test_mistakes_are_explained(self, message, complaint):
        with pytest.raises(ValueError, match=complaint):
            messages.parse_response(message, first=True)


class TestLengths:
    def length(self, status=200, headers=(), more=False, method="GET"):
        part = ResponsePart(status, list(headers), b"four", more)
        return messages.length_headers(part, method)

    def test_a_whole_response_has_its_length(self):
        assert self.length() == [(b"content-length", b"4")]

    @pytest.mark.parametrize(
        "options",
        [
            {"more": True},
            {"method": "HEAD"},
            {"status": 204},
            {"status": 304},
            {"headers": [(b"Content-Length", b"4")]},
            {"headers": [(b"Transfer-Encoding", b"chunked")]},
        ],
    )
    def test_others_are_left_as_they_are(self, options):
        assert self.length(**options) == []

    @pytest.mark.parametrize(
        ("headers", "length"),
        [
            ([], None),
            ([(b"X-Name", b"5"), (b"Content-Length", b"12")], 12),
            ([(b"content-length", b"twelve")], None),
            ([(b"content-length", b"1"), (b"content-length", b"2")], None),
        ],
    )
    def test_what_headers_announce_is_read(self, headers, length):
        assert messages.content_length(headers) == length


class TestWholeResponses:
    def headers(self, headers=(), status=200, more=False):
        return messages.whole_headers(ResponsePart(status, list(headers), b"four", more))

    @pytest.mark.parametrize("headers", [[], [(b"X-Name", b"9")]])
    def test_one_without_a_length_gets_it(self, headers):
        assert self.headers(headers) == [*headers, (b"content-length", b"4")]

    def test_one_with_its_length_is_left_as_it_is(self):
        headers = [(b"Content-Length", b"4"), (b"X-Name", b"9")]
        assert self.headers(headers) == headers

    @pytest.mark.parametrize(
        "headers",
        [
            [(b"Content-Length", b"3")],
            [(b"Content-Length", b"5")],
            [(b"Content-Length", b"04")],
            [(b"Content-Length", b"4, 4")],
            [(b"Content-Length", b"4"), (b"content-length", b"4")],
            [(b"Transfer-Encoding", b"4")],
            [(b"Transfer-Encoding", b"chunked")],
            [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"4")],
        ],
    )
    def test_one_that_says_something_else_is_not_whole(self, headers):
        assert self.headers(headers) is None

    @pytest.mark.parametrize("options", [{"more": True}, {"status": 204}, {"status": 304}])
    def test_nor_is_one_with_more_to_come_or_without_a_body(self, options):
        assert self.headers(**options) is None
