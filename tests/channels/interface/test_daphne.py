"""Tests of channels.interface.daphne: the interface server in a real Daphne."""

import http.client
import signal
import socket
from contextlib import ExitStack
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.certificates import make_certificate, trusting
from tests.support.daphne import SECONDS, Daphne
from tests.support.processes import started
from tests.support.waiting import wait_until


class TestBursts:
    def test_more_clients_may_knock_at_once_than_twisted_has_room_for(self, daphne):
        daphne.process.signal(signal.SIGSTOP)  # nobody is let in meanwhile
        knocking = []
        try:
            for _ in range(200):
                client = socket.socket()
                client.settimeout(SECONDS)
                client.connect(("127.0.0.1", daphne.port))
                knocking.append(client)
        finally:
            daphne.process.signal(signal.SIGCONT)
            for client in knocking:
                client.close()
        assert len(knocking) == 200


class TestLargeFrames:
    def test_the_operator_may_let_in_what_the_layer_carries(self, tmp_path, redis_url, prefix):
        options = ("--websocket-max-message-size", "0", "--websocket-max-frame-size", "0")
        with started(Daphne(tmp_path, redis_url, prefix, options=options)) as daphne:
            with daphne.socket() as (client, _):
                client.send(bytes(3 << 20))
                assert daphne.take("websocket.receive")["bytes"] == bytes(3 << 20)
                client.send(bytes(16 << 20))
                with pytest.raises(ConnectionClosed):
                    client.recv(SECONDS)
                assert client.close_code == 1009
            assert "Closed the socket on /chat/: The message takes" in daphne.process.output
            assert "Traceback" not in daphne.process.output

    @pytest.mark.parametrize(
        "option", ["--websocket-max-message-size", "--websocket-max-frame-size"]
    )
    def test_both_limits_of_daphne_have_to_be_raised(self, tmp_path, redis_url, prefix, option):
        with (
            started(Daphne(tmp_path, redis_url, prefix, options=(option, "0"))) as daphne,
            daphne.socket() as (client, _),
        ):
            client.send(bytes(3 << 20))
            with pytest.raises(ConnectionClosed):
                client.recv(SECONDS)
            assert client.close_code == 1009


class TestTls:
    def test_frames_of_all_sizes_come_and_go(self, tmp_path, redis_url, prefix):
        files = make_certificate(tmp_path, "localhost")
        options = {"ssl": trusting(files[0])}
        with (
            started(Daphne(tmp_path, redis_url, prefix, certificate=files)) as daphne,
            daphne.socket(**options) as (client, message),
        ):
            assert message["scheme"] == "wss"
            for frame in ("short", "long" * 100_000, "last"):
                client.send(frame)
                assert daphne.take("websocket.receive")["text"] == frame
                daphne.layer.send(message["reply_channel"], {"text": frame})
                assert client.recv(SECONDS) == frame

    def test_requests_and_uploads_are_treated_alike(self, tmp_path, redis_url, prefix):
        files = make_certificate(tmp_path, "localhost")
        context = trusting(files[0])
        with started(Daphne(tmp_path, redis_url, prefix, certificate=files)) as daphne:
            connection = http.client.HTTPSConnection(
                "localhost", daphne.port, timeout=SECONDS, context=context
            )
            connection.request("POST", "/", bytes(600_000))
            message = daphne.take("http.request")
            assert "body_channel" in message  # it stays in its file, from where it comes in parts
            assert daphne.take_body(message) == bytes(600_000)
            for content in (b"first", bytes(2_000_000)):
                reply = {"status": 200, "content": content}
                daphne.layer.send(message["reply_channel"], reply)
                assert connection.getresponse().read() == content
                connection.request("GET", "/")
                message = daphne.take("http.request")
            connection.close()

    def test_clients_are_not_offered_http_2(self, tmp_path, redis_url, prefix):
        files = make_certificate(tmp_path, "localhost")
        context = trusting(files[0])
        context.set_alpn_protocols(["h2", "http/1.1"])
        village = Daphne(
            tmp_path, redis_url, prefix, certificate=files, application="http2:channel_layer"
        )
        with (
            started(village) as daphne,
            socket.create_connection(("localhost", daphne.port), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            assert client.selected_alpn_protocol() == "http/1.1"


class TestShutdown:
    def test_clients_are_told_and_requests_finish(self, tmp_path, redis_url, prefix):
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            with daphne.socket() as (client, _):
                connection, message = daphne.request()
                daphne.process.signal(signal.SIGTERM)
                with pytest.raises(ConnectionClosed):
                    client.recv(SECONDS)
                assert client.close_code == 1012
                assert daphne.process.is_running()
                reply = {"status": 200, "content": b"finished"}
                daphne.layer.send(message["reply_channel"], reply)
                assert connection.getresponse().read() == b"finished"
                connection.close()
            assert daphne.end["code"] == 1012
            assert daphne.process.wait() == 0, daphne.process.output
            assert "Traceback" not in daphne.process.output

    def test_nobody_else_is_let_in_while_a_request_finishes(self, tmp_path, redis_url, prefix):
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            connection, message = daphne.request()
            terminate(daphne)
            wait_until(lambda: refuses_connections(daphne), "the port to be closed")
            assert daphne.process.is_running()
            reply = {"status": 200, "content": b"finished"}
            daphne.layer.send(message["reply_channel"], reply)
            assert connection.getresponse().read() == b"finished"
            connection.close()
            assert daphne.process.wait() == 0, daphne.process.output

    def test_an_upload_may_arrive(self, tmp_path, redis_url, prefix):
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
        with (
            started(Daphne(tmp_path, redis_url, prefix)) as daphne,
            socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client,
        ):
            client.sendall(head)
            assert b"100 Continue" in client.recv(4096)
            terminate(daphne)
            client.sendall(b"body")
            message = daphne.take("http.request")
            assert message["body"] == b"body"
            daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"thanks"})
            assert client.recv(4096).endswith(b"thanks")
            assert daphne.process.wait() == 0, daphne.process.output

    def test_an_upload_goes_on(self, tmp_path, redis_url, prefix):
        body = b"".join(bytes([number]) * 300_000 for number in range(10))
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            connection, message = daphne.request("POST", "/", body)
            terminate(daphne)
            assert "body_channel" in message
            assert daphne.take_body(message) == body
            daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"thanks"})
            assert connection.getresponse().read() == b"thanks"
            connection.close()
            assert daphne.process.wait() == 0, daphne.process.output

    def test_a_download_whose_client_is_behind_goes_on(self, tmp_path, redis_url, prefix):
        part = {"status": 200, "content": bytes(1_000_000), "more_content": True}
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            connection, message = daphne.request()
            sent = send_until_full(daphne, message["reply_channel"], part)
            terminate(daphne)
            response = connection.getresponse()
            assert response.read(sent * 1_000_000) == bytes(sent * 1_000_000)
            wait_until(lambda: sends(daphne, message["reply_channel"], {"content": b"end"}), "room")
            assert response.read() == b"end"
            connection.close()
            assert daphne.process.wait() == 0, daphne.process.output

    def test_a_response_that_is_complete_is_sent_to_its_end(self, tmp_path, redis_url, prefix):
        content = bytes(15_000_000)  # more than the kernel takes at once
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            connection, message = daphne.request()
            daphne.layer.send(message["reply_channel"], {"status": 200, "content": content})
            response = connection.getresponse()
            terminate(daphne)
            assert response.read() == content
            connection.close()
            assert daphne.process.wait() == 0, daphne.process.output

    def test_connections_end_with_their_next_response(self, tmp_path, redis_url, prefix):
        address, request = "127.0.0.1", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne, ExitStack() as stack:
            idle, beginning, busy = (
                stack.enter_context(socket.create_connection((address, daphne.port), SECONDS))
                for _ in range(3)
            )
            idle.sendall(request)
            answer(daphne, b"first")
            assert idle.recv(4096).endswith(b"first")
            beginning.sendall(request[:20])
            busy.sendall(request)
            message = daphne.take("http.request")
            terminate(daphne)
            idle.sendall(request)
            answer(daphne, b"last")
            beginning.sendall(request[20:])
            answer(daphne, b"last")
            daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"last"})
            for client in (idle, beginning, busy):
                response = b"".join(iter(partial(client.recv, 4096), b""))
                assert b"connection: close\r\n" in response.lower()
                assert response.endswith(b"last")
            assert daphne.process.wait() == 0, daphne.process.output


def answer(daphne, content) -> None:
    """Answers the next request."""
    message = daphne.take("http.request")
    daphne.layer.send(message["reply_channel"], {"status": 200, "content": content})


def terminate(daphne) -> None:
    """Has a Daphne go away."""
    daphne.process.signal(signal.SIGTERM)
    daphne.process.wait_for_output("Going away")


def refuses_connections(daphne) -> bool:
    """Returns whether nobody listens on the port of a Daphne."""
    try:
        socket.create_connection(("127.0.0.1", daphne.port), SECONDS).close()
    except ConnectionRefusedError:
        return True
    return False


def sends(daphne, channel, reply) -> bool:
    """Sends a reply; returns whether there is room for it."""
    try:
        daphne.layer.send(channel, reply)
    except daphne.layer.ChannelFull:
        return False
    return True


def send_until_full(daphne, channel, reply) -> int:
    """Sends a reply again and again; returns how often there was room for it."""
    sent = 0
    while sends(daphne, channel, reply):
        sent += 1
    return sent
