"""Tests of channels.interface.daphne_request: requests in a real Daphne."""

import http.client
import socket
from contextlib import closing

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from channels.interface.daphne_request import UNREAD_SECONDS, Request
from channels.layers.exceptions import ChannelGone
from tests.support.daphne import SECONDS, Daphne
from tests.support.processes import started
from tests.support.waiting import wait_until
from tests.support.wires import DaphneServer, Wire, factory_of


def test_a_response_in_parts_is_read_as_it_comes(daphne):
    connection, message = daphne.request("POST", "/page/?a=1", b"body")
    assert (message["method"], message["path"]) == ("POST", "/page/")
    assert (message["query_string"], message["body"]) == (b"a=1", b"body")
    send = daphne.layer.send
    send(message["reply_channel"], {"status": 200, "content": b"one", "more_content": True})
    response = connection.getresponse()
    assert response.read(3) == b"one"
    send(message["reply_channel"], {"content": b"two"})
    assert response.read() == b"two"
    connection.close()


def test_answers_of_all_lengths_follow_each_other_on_a_connection(daphne):
    connection = http.client.HTTPConnection("127.0.0.1", daphne.port, timeout=SECONDS)
    for content in (b"", b"short", bytes(5_000_000), b"next"):
        connection.request("GET", "/")
        message = daphne.take("http.request")
        headers = [[b"X-Name", "é".encode("latin-1")], [b"x-name", b"2"]]
        reply = {"status": 207, "headers": headers, "content": content}
        daphne.layer.send(message["reply_channel"], reply)
        response = connection.getresponse()
        assert (response.status, response.reason) == (207, "Multi-Status")
        assert response.headers.get_all("X-Name") == ["é", "2"]
        assert response.headers["Server"] == "daphne"
        assert response.read() == content
    connection.close()


def test_an_answer_that_is_longer_than_it_said_does_not_pass_for_the_next(daphne):
    connection = http.client.HTTPConnection("127.0.0.1", daphne.port, timeout=SECONDS)
    for more in (False, True):
        connection.request("GET", "/")
        message = daphne.take("http.request")
        reply = {"status": 200, "headers": [[b"content-length", b"2"]], "content": b"long"}
        daphne.layer.send(message["reply_channel"], {**reply, "more_content": more})
        if more:
            daphne.layer.send(message["reply_channel"], {"content": b"er"})
        assert connection.getresponse().read() == b"lo"
    connection.close()


def test_the_client_of_an_answer_that_is_shorter_than_it_said_is_not_left_waiting(daphne):
    connection, message = daphne.request()
    reply = {"status": 200, "headers": [[b"content-length", b"9"]], "content": b"half"}
    daphne.layer.send(message["reply_channel"], {**reply, "more_content": True})
    response = connection.getresponse()
    assert response.read(4) == b"half"
    daphne.layer.send(message["reply_channel"], {"content": b""})
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()
    connection.close()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_connection_ends_when_its_client_wants_it_to(daphne, version):
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        client.sendall(f"GET / HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        message = daphne.take("http.request")
        daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"bye"})
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"bye"
    assert (b"connection: close" in head.lower()) == (version == "1.1")


def test_requests_that_come_at_once_are_answered_in_order(daphne):
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        paths = ["/one/", "/two/", "/three/"]
        client.sendall(b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % p.encode() for p in paths))
        answer = b""
        for path in paths:
            message = daphne.take("http.request")
            assert message["path"] == path
            reply = {"status": 200, "content": path.encode()}
            daphne.layer.send(message["reply_channel"], reply)
            while not answer.endswith(path.encode()):
                answer += client.recv(4096)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("upgrade", [b"", b"Connection: Upgrade\r\nUpgrade: websocket\r\n"])
@pytest.mark.parametrize(
    "said", [b"For: \xff\xfe", b"Port: \xff\xfe", b"Proto: \xff\xfe", b"Port: " + b"9" * 30]
)
def test_a_client_whose_proxy_says_what_cannot_be_read_is_refused(daphne, said, upgrade):
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        said = b"X-Forwarded-%b\r\nX-Forwarded-For: 192.0.2.1\r\n" % said
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n%b%b\r\n" % (said, upgrade))
        assert client.recv(4096).startswith(b"HTTP/1.1 400 Bad Request")
        if not upgrade:
            client.sendall(b"GET /next/ HTTP/1.1\r\nHost: x\r\n\r\n")
            assert daphne.take("http.request")["path"] == "/next/"
    assert "Traceback" not in daphne.process.output


def test_an_encoding_that_the_worker_names_itself_is_left_to_the_server(daphne):
    connection, message = daphne.request()
    headers = [[b"Transfer-Encoding", b"chunked"]]
    daphne.layer.send(
        message["reply_channel"], {"status": 200, "headers": headers, "content": b"a"}
    )
    assert connection.getresponse().read() == b"a"
    connection.close()


def test_the_access_log_has_a_line_for_each_response(daphne):
    connection, message = daphne.request(path="/logged/?a=1")
    daphne.layer.send(message["reply_channel"], {"status": 418, "content": b"teapot"})
    assert connection.getresponse().read() == b"teapot"
    daphne.process.wait_for_output('"GET /logged/?a=1" 418 6')
    connection.close()


def test_a_client_that_left_before_its_response_is_no_error(daphne):
    connection, message = daphne.request(path="/left/")
    connection.close()
    while daphne.take("http.disconnect")["path"] != "/left/":
        pass
    late = {"status": 200, "content": b"too late"}

    def is_told():
        try:
            daphne.layer.send(message["reply_channel"], late)
        except ChannelGone:
            return True
        return False

    wait_until(is_told, "the sender to be told")
    connection, message = daphne.request(path="/next/")
    daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"next"})
    assert connection.getresponse().read() == b"next"
    assert "Traceback" not in daphne.process.output
    connection.close()


def test_a_head_request_is_answered_without_a_body(daphne):
    connection, message = daphne.request("HEAD")
    reply = {"status": 200, "headers": [[b"content-length", b"4"]], "content": b"body"}
    daphne.layer.send(message["reply_channel"], reply)
    response = connection.getresponse()
    assert (response.headers["content-length"], response.read()) == ("4", b"")
    connection.request("GET", "/next/")
    message = daphne.take("http.request")
    daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"next"})
    assert connection.getresponse().read() == b"next"
    connection.close()


def test_nor_is_one_whose_answer_comes_in_parts(daphne):
    connection, message = daphne.request("HEAD")
    part = {"status": 200, "content": b"body", "more_content": True}
    daphne.layer.send(message["reply_channel"], part)
    daphne.layer.send(message["reply_channel"], {"content": b"more"})
    assert connection.getresponse().read() == b""
    connection.request("GET", "/next/")
    message = daphne.take("http.request")
    daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"next"})
    assert connection.getresponse().read() == b"next"
    connection.close()


def test_a_large_body_arrives_in_order(daphne):
    body = b"".join(bytes([number]) * 300_000 for number in range(5))
    connection, message = daphne.request("POST", body=body)
    assert "body_channel" in message
    assert daphne.take_body(message) == body
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


@pytest.mark.parametrize("parts", [[], [b"form"], [bytes(200_000)] * 3])
def test_a_body_in_chunks_arrives_with_its_length(daphne, parts):
    connection, message = daphne.request("POST", body=iter(parts))
    headers = dict(message["headers"])
    assert headers[b"content-length"] == b"%d" % len(b"".join(parts))
    assert b"transfer-encoding" not in headers
    assert daphne.take_body(message) == b"".join(parts)
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_body_arrives_below_a_middleware(wrapped, is_chunked):
    body = b"".join(bytes([number]) * 300_000 for number in range(3))
    connection, message = wrapped.request("POST", body=iter([body]) if is_chunked else body)
    assert "body_channel" in message
    assert wrapped.take_body(message) == body
    wrapped.layer.send(message["reply_channel"], {"status": 200, "content": b"thanks"})
    response = connection.getresponse()
    assert (response.headers["x-voice"], response.read()) == ("loud", b"thanks")
    connection.close()


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_body_arrives_at_an_application_beside_the_layer(wrapped, size):
    assert ask(wrapped, "/count/", bytes(size)) == b"%d" % size


def ask(daphne, path, body) -> bytes:
    """Sends a request that no worker has to answer; returns the response's content."""
    connection = http.client.HTTPConnection("127.0.0.1", daphne.port, timeout=SECONDS)
    with closing(connection):
        connection.request("POST", path, body)
        return connection.getresponse().read()


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://other:81/page/?a=http://b/", "/page/", b"a=http://b/"),
        ("HTTPS://other:81", "/", b""),
        ("http://other:81?a=1", "/", b"a=1"),
    ],
)
def test_a_target_in_absolute_form_says_path_and_host(daphne, target, path, query):
    connection, message = daphne.request(path=target, Host="ignored")
    assert (message["path"], message["query_string"]) == (path, query)
    assert [value for name, value in message["headers"] if name == b"host"] == [b"other:81"]
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


def test_a_header_that_would_pass_for_another_is_dropped(daphne):
    connection, message = daphne.request(**{"X_Forwarded_For": "192.0.2.1", "X-Other": "kept"})
    names = [name for name, _ in message["headers"]]
    assert b"x-other" in names
    assert not any(b"forwarded" in name for name in names)
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


@pytest.mark.parametrize("value", ["/page", "/pag\xe9"])
def test_a_root_path_is_not_for_the_client_to_choose(daphne, value):
    headers = {"Daphne-Root-Path": value}
    connection, message = daphne.request(path="/page/hidden/", **headers)
    assert (message["root_path"], message["path"]) == ("", "/page/hidden/")
    assert b"daphne-root-path" not in dict(message["headers"])
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


def test_nor_is_that_of_a_socket(daphne):
    with daphne.socket(additional_headers={"Daphne-Root-Path": "/chat"}) as (_, message):
        assert (message["root_path"], message["path"]) == ("", "/chat/")


def test_a_form_is_left_to_the_worker(daphne):
    form = {"Content-Type": "multipart/form-data; boundary=edge"}
    connection, message = daphne.request("POST", "/", b"no form", **form)
    assert message["body"] == b"no form"
    daphne.layer.send(message["reply_channel"], {"status": 422})
    assert connection.getresponse().status == 422
    connection.close()


@pytest.mark.parametrize("where", ["daphne", "wrapped"])
def test_a_response_that_breaks_off_is_seen_to(where, request):
    server = request.getfixturevalue(where)
    connection, message = server.request()
    reply = {"status": 200, "content": b"half", "more_content": True}
    server.layer.send(message["reply_channel"], reply)
    response = connection.getresponse()
    assert response.read(4) == b"half"
    server.layer.send(message["reply_channel"], {"closed": True})
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()
    connection.close()


def test_an_application_that_fails_in_its_response_is_one_of_many(wrapped):
    for _ in range(2):  # Daphne looks after its applications one after the other
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            ask(wrapped, "/count/", b"")


def test_a_client_that_leaves_while_it_waits_is_reported(daphne):
    connection, message = daphne.request(path="/poll/")
    connection.close()
    assert daphne.take("http.disconnect") == {
        "reply_channel": message["reply_channel"],
        "path": "/poll/",
    }


def test_the_writer_of_a_response_is_held_back_by_a_slow_client(daphne):
    connection, message = daphne.request()
    part = {"content": bytes(1_000_000), "more_content": True}
    daphne.layer.send(message["reply_channel"], {"status": 200, **part})
    sent = 1

    def is_refused() -> bool:
        nonlocal sent
        try:
            daphne.layer.send(message["reply_channel"], part)
        except daphne.layer.ChannelFull:
            return True
        sent += 1
        return False

    wait_until(is_refused, "the writer to be held back")
    response = connection.getresponse()
    left = sent * 1_000_000
    while left > 1_000_000:
        left -= len(response.read(min(left - 1, 100_000)))
    wait_until(lambda: not is_refused(), "the writer to be let on")
    daphne.layer.send(message["reply_channel"], {"content": b"end"})
    rest = response.read()
    assert rest.endswith(b"end")
    connection.close()


def test_the_next_request_of_a_client_that_does_not_read_waits(daphne):
    content = bytes(15_000_000)  # more than the kernel takes at once
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        client.sendall(b"".join(b"GET /%d/ HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in (1, 2)))
        message = daphne.take("http.request")
        daphne.layer.send(message["reply_channel"], {"status": 200, "content": content})
        assert client.recv(1) == b"H"
        connection, message = daphne.request(path="/other/")
        assert message["path"] == "/other/"
        daphne.layer.send(message["reply_channel"], {"status": 204})
        assert connection.getresponse().status == 204
        connection.close()
        left = len(content)
        while left > 0:
            left -= len(client.recv(1_000_000))
        message = daphne.take("http.request")
        assert message["path"] == "/2/"
        daphne.layer.send(message["reply_channel"], {"status": 204})


def test_the_timeout_cuts_off_what_has_begun_and_tells_the_worker(tmp_path, redis_url, prefix):
    limit = ("--http-timeout", "3")
    with started(Daphne(tmp_path, redis_url, prefix, options=limit)) as daphne:
        stream, message = daphne.request(path="/stream/")
        part = {"status": 200, "content": b"half", "more_content": True}
        daphne.layer.send(message["reply_channel"], part)
        slow, _ = daphne.request(path="/slow/")
        response = stream.getresponse()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()
        assert slow.getresponse().status == 503
        left = {daphne.take("http.disconnect")["path"] for _ in range(2)}
        assert left == {"/stream/", "/slow/"}
        stream.close()
        slow.close()


class TestEndOfAConnection:
    @pytest.fixture
    def timers(self):
        return Clock()

    @pytest.fixture
    def connect(self, timers):
        """Makes a connection whose client has a whole response to read."""

        def make(headers=b"Connection: close\r\n"):
            server = DaphneServer()
            channel = factory_of(server).buildProtocol(None)
            channel.requestFactory, channel.callLater = Request, timers.callLater
            connection = Wire()
            channel.makeConnection(connection)
            channel.dataReceived(b"GET / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
            assert server.request.respond(200, [(b"content-length", b"100")], bytes(100))
            connection.doWrite()  # what was to be written is in line
            return connection, channel

        return make

    def test_a_client_that_does_not_read_is_cut_off(self, connect, timers, caplog):
        connection, _ = connect()
        timers.advance(UNREAD_SECONDS)
        assert connection.aborted
        assert "unread by its client" in caplog.text

    def test_one_that_reads_slowly_is_waited_for(self, connect, timers):
        connection, _ = connect()
        for _ in range(3):
            connection.read(10)
            timers.advance(UNREAD_SECONDS)
            assert not connection.aborted
        timers.advance(UNREAD_SECONDS)
        assert connection.aborted

    def test_one_that_has_read_all_need_not_say_goodbye(self, connect, timers, caplog):
        connection, _ = connect()
        connection.read(1000)
        timers.advance(UNREAD_SECONDS)
        assert connection.aborted
        assert caplog.records == []

    def test_nothing_is_left_of_one_that_has_gone(self, connect, timers):
        _, channel = connect()
        channel.connectionLost(Failure(ConnectionDone()))
        assert timers.getDelayedCalls() == []

    def test_a_connection_that_goes_on_is_none_of_this(self, connect, timers):
        connection, _ = connect(headers=b"")
        timers.advance(UNREAD_SECONDS)
        assert not connection.aborted
