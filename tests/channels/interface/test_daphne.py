"""Tests of channels.interface.daphne: the interface server in a real Daphne."""

import http.client
import json
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from asgi_redis import RedisChannelLayer
from channels.interface.daphne import DaphneRequest
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

SECONDS = 30


class Daphne:
    """A Daphne and the worker's side of its layer.

    Args:
        folder: for its log.
        url: of Redis.
        prefix: of its keys.
    """

    def __init__(self, folder, url, prefix):
        config = {
            "hosts": [url],
            "prefix": prefix,
            "stats_prefix": f"{prefix}meta:",
            "channel_capacity": {"websocket.receive": 3, "http.request.body?*": 3},
        }
        self.port = free_port()
        self.layer = RedisChannelLayer(**config)
        command = [sys.executable, "-m", "daphne", "--proxy-headers", "-p", str(self.port)]
        self.process = Process(
            "daphne",
            [*command, "tests.support.village.asgi:channel_layer"],
            env={
                "DJANGO_SETTINGS_MODULE": "tests.support.village.settings",
                "VILLAGE_CONFIG": json.dumps(config),
            },
            folder=folder,
        )

    def start(self):
        self.process.start()
        self.process.wait_for_output("Listening on TCP address")

    def stop(self):
        self.process.stop()
        self.layer.flush()
        self.layer.nodes[0].close()

    def take(self, channel):
        """The next message of a channel."""
        return wait_until(
            lambda: self.layer.receive([channel], block=True)[1], f"a message on {channel}"
        )

    def connect(self, **options):
        """Starts a handshake, which a worker answers in a thread, as its `answer` says."""
        return connect(f"ws://127.0.0.1:{self.port}/chat/", proxy=None, max_size=None, **options)

    @contextmanager
    def socket(self, answer=None, **options):
        """An open socket and its reply channel."""
        connects = []

        def work():
            connects.append(self.take("websocket.connect"))
            self.layer.send(connects[0]["reply_channel"], answer or {"accept": True})

        worker = threading.Thread(target=work)
        worker.start()
        try:
            with self.connect(**options) as client:
                worker.join()
                yield client, connects[0]
        finally:
            worker.join()
            if connects:
                self.end = self.disconnect(connects[0]["reply_channel"])

    def disconnect(self, channel):
        """The disconnect of a socket; those of others are dropped."""
        message = {}
        while message.get("reply_channel") != channel:
            message = self.take("websocket.disconnect")
        return message

    def request(self, method="GET", path="/", body=None, **headers):
        """Sends a request; returns the connection and the message that a worker gets."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request(method, path, body, headers)
        return connection, self.take("http.request")


@pytest.fixture(scope="module")
def daphne(tmp_path_factory, redis_url):
    daphne = Daphne(tmp_path_factory.mktemp("daphne"), redis_url, f"daphne-{free_port()}:")
    try:
        daphne.start()
        yield daphne
    finally:
        daphne.stop()


class TestSockets:
    def test_frames_of_every_kind_arrive_and_leave(self, daphne):
        frames = ["text", "", b"bytes", b"", "€" * 50_000]
        with daphne.socket() as (client, message):
            for order, frame in enumerate(frames, 1):
                client.send(frame)
                arrived = daphne.take("websocket.receive")
                assert arrived["order"] == order
                key = "text" if isinstance(frame, str) else "bytes"
                assert arrived[key] == frame
                daphne.layer.send(message["reply_channel"], {key: frame})
                assert client.recv(SECONDS) == frame

    @pytest.mark.parametrize(
        ("answer", "status"),
        [({"accept": False}, 403), ({"close": True}, 403), ({"accept": False, "status": 404}, 404)],
    )
    def test_a_handshake_can_be_refused(self, daphne, answer, status):
        with pytest.raises(InvalidStatus) as refusal, daphne.socket(answer):
            pass
        assert refusal.value.response.status_code == status

    @pytest.mark.parametrize(
        ("close", "code"), [(True, 1000), (1008, 1008), (1011, 1011), (1013, 1013), (4001, 4001)]
    )
    def test_a_socket_is_closed_with_the_code_of_the_reply(self, daphne, close, code):
        with daphne.socket() as (client, message):
            daphne.layer.send(message["reply_channel"], {"text": "bye", "close": close})
            assert client.recv(SECONDS) == "bye"
            with pytest.raises(ConnectionClosed):
                client.recv(SECONDS)
            assert client.close_code == code
        assert daphne.end["order"] == 1

    def test_a_client_that_leaves_is_reported_with_its_code(self, daphne):
        with daphne.socket() as (client, _):
            client.close(4321)
        assert daphne.end["code"] == 4321

    def test_a_group_frame_reaches_every_member(self, daphne):
        with daphne.socket() as (one, first), daphne.socket() as (two, second):
            for message in (first, second):
                daphne.layer.group_add("friends", message["reply_channel"])
            daphne.layer.send_group("friends", {"text": "hello"})
            assert one.recv(SECONDS) == two.recv(SECONDS) == "hello"

    @pytest.mark.parametrize(("forwarded", "scheme"), [("https", "wss"), ("http", "ws")])
    def test_the_scheme_is_what_the_proxy_says(self, daphne, forwarded, scheme):
        headers = {"X-Forwarded-Proto": forwarded, "X-Forwarded-For": "192.0.2.1"}
        with daphne.socket(additional_headers=headers) as (_, message):
            assert message["scheme"] == scheme
            assert message["client"][0] == "192.0.2.1"

    def test_a_client_that_does_not_read_is_cut_off_and_others_go_on(self, daphne):
        with daphne.socket() as (quick, other):
            with daphne.socket(max_queue=1) as (slow, message):
                part = {"bytes": bytes(1_000_000)}
                for _ in range(24):  # more than the kernel takes of both sides' buffers
                    daphne.layer.send(message["reply_channel"], part)
                daphne.process.wait_for_output("Cut off")
                daphne.layer.send(other["reply_channel"], {"text": "still here"})
                assert quick.recv(SECONDS) == "still here"
                with pytest.raises(ConnectionClosed):
                    while True:
                        slow.recv(SECONDS)
            assert daphne.end["reply_channel"] == message["reply_channel"]

    def test_a_client_that_floods_is_held_back_and_closed_with_1013(self, daphne):
        with daphne.socket() as (client, _):
            with pytest.raises(ConnectionClosed):
                while True:
                    client.send(bytes(100_000))
            assert client.close_code == 1013
        assert [daphne.take("websocket.receive")["order"] for _ in range(3)] == [1, 2, 3]
        assert daphne.end["order"] == 4


class TestRequests:
    def test_a_response_in_parts_is_read_as_it_comes(self, daphne):
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

    def test_a_head_request_is_answered_without_a_body(self, daphne):
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

    def test_a_large_body_arrives_in_order(self, daphne):
        body = b"".join(bytes([number]) * 300_000 for number in range(5))
        connection, message = daphne.request("POST", body=body)
        arrived, more = message["body"], True
        while more:
            part = daphne.take(message["body_channel"])
            arrived, more = arrived + part["content"], part["more_content"]
        assert arrived == body
        daphne.layer.send(message["reply_channel"], {"status": 204})
        assert connection.getresponse().status == 204
        connection.close()

    def test_a_header_that_would_pass_for_another_is_dropped(self, daphne):
        connection, message = daphne.request(**{"X_Forwarded_For": "192.0.2.1", "X-Other": "kept"})
        names = [name for name, _ in message["headers"]]
        assert b"x-other" in names
        assert not any(b"forwarded" in name for name in names)
        daphne.layer.send(message["reply_channel"], {"status": 204})
        assert connection.getresponse().status == 204
        connection.close()

    def test_a_form_is_left_to_the_worker(self, daphne):
        form = {"Content-Type": "multipart/form-data; boundary=edge"}
        connection, message = daphne.request("POST", "/", b"no form", **form)
        assert message["body"] == b"no form"
        daphne.layer.send(message["reply_channel"], {"status": 422})
        assert connection.getresponse().status == 422
        connection.close()

    def test_a_response_that_breaks_off_is_seen_to(self, daphne):
        connection, message = daphne.request()
        reply = {"status": 200, "content": b"half", "more_content": True}
        daphne.layer.send(message["reply_channel"], reply)
        response = connection.getresponse()
        assert response.read(4) == b"half"
        daphne.layer.send(message["reply_channel"], {"closed": True})
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            response.read()
        connection.close()

    def test_a_client_that_leaves_while_it_waits_is_reported(self, daphne):
        connection, message = daphne.request(path="/poll/")
        connection.close()
        assert daphne.take("http.disconnect") == {
            "reply_channel": message["reply_channel"],
            "path": "/poll/",
        }

    def test_the_writer_of_a_response_is_held_back_by_a_slow_client(self, daphne):
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


class TestShutdown:
    def test_clients_are_told_and_requests_finish(self, tmp_path, redis_url, prefix):
        daphne = Daphne(tmp_path, redis_url, prefix)
        daphne.start()
        try:
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
        finally:
            daphne.stop()


def test_a_client_that_left_before_it_was_watched_is_noticed_too():
    # As Twisted leaves a request whose connection was lost; a real one would choose a reactor.
    request = SimpleNamespace(channel=None)
    gone = []
    DaphneRequest(request).when_gone(lambda: gone.append(True))
    assert gone == [True]
