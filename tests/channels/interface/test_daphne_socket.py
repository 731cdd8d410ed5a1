"""Tests of channels.interface.daphne_socket: WebSockets in a real Daphne."""

import asyncio
import random
import socket

import pytest
from daphne.ws_protocol import WebSocketFactory
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Opcode

from channels.interface import daphne_socket
from channels.interface.daphne_socket import (
    CLOSE_SECONDS,
    EARLY_BYTES,
    DaphneOutlet,
    WrappedOutlet,
)
from channels.interface.frames import Frame
from channels.interface.outlet import BACKLOG_BYTES, BACKLOG_SECONDS
from tests.support.certificates import make_certificate, trusting
from tests.support.clock import Clock as StoppedClock
from tests.support.daphne import SECONDS, Daphne
from tests.support.masking import masked
from tests.support.processes import started

HANDSHAKE = b"""\
GET / HTTP/1.1\r
Host: 127.0.0.1\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
Sec-WebSocket-Version: 13\r
"""


MESSAGES = [
    masked(b"text", Opcode.TEXT),
    masked(b"", Opcode.TEXT),
    masked("€".encode() * 100, Opcode.TEXT),
    masked(bytes(range(256))),
    masked(bytes(66_000)),
    masked(b"", Opcode.PONG),
    masked(b"be", Opcode.TEXT, fin=False) + masked(b"", Opcode.PING) + masked(b"gun", Opcode.CONT),
]
ENDS = [
    masked(b"not \xff text", Opcode.TEXT),
    masked(b"nothing to continue", Opcode.CONT),
    masked(b"\x03\xe8bye", Opcode.CLOSE),
    b"neither masked nor a frame",
]


class DaphneServer:
    """What a protocol of Daphne's needs of its server."""

    root_path = ""
    proxy_forwarded_address_header = None
    websocket_timeout = 86400
    ping_interval = 20

    def create_application(self, protocol, scope):
        return asyncio.Queue()

    def protocol_connected(self, protocol):
        pass

    def protocol_disconnected(self, protocol):
        pass

    def log_action(self, protocol, action, details):
        pass


class Timers(Clock):
    """What the protocol's timeouts go by."""

    call_later = Clock.callLater


class Wire(FileDescriptor):
    """A connection whose client reads when the test says so, and that it never ends.

    Attributes:
        is_aborted: whether the server has cut it.
    """

    def __init__(self):
        super().__init__(reactor=object())
        self.connected = 1
        self.is_aborted = False
        self._takes = 0

    def read(self, size):
        """Has the client take bytes, if there are any."""
        self._takes = size
        while self._takes and (self.dataBuffer or self._tempDataBuffer):
            self.doWrite()
        self._takes = 0

    def writeSomeData(self, data):
        taken = min(self._takes, len(data))
        self._takes -= taken
        return taken

    def abortConnection(self):
        self.is_aborted = True

    def loseConnection(self):
        """Waits for the client's consent, as TLS does."""

    def getPeer(self):
        return IPv4Address("TCP", "127.0.0.1", 50000)

    getHost = getPeer

    def registerProducer(self, producer, streaming):
        """Daphne's protocol is none."""

    def _do_nothing(self):
        """Stands in for the reactor."""

    startReading = stopReading = startWriting = stopWriting = _do_nothing


@pytest.fixture
def clock(monkeypatch):
    clock = StoppedClock()
    monkeypatch.setattr(daphne_socket, "time", clock)
    return clock


@pytest.fixture
def timers():
    return Timers()


@pytest.fixture
def open_wire(knock):
    """Makes an open socket; returns the way out to it, and its wire, at which nothing waits."""

    def make():
        protocol = knock(transport=Wire())
        outlet = DaphneOutlet(protocol)
        outlet.accept(None)
        protocol.transport.read(10_000)
        return outlet, protocol.transport

    return make


@pytest.fixture
def knock(timers):
    """Makes a protocol of Daphne's whose client waits in its handshake; takes more headers, a
    transport, and options of Autobahn's."""

    def make(headers=b"", transport=None, **options):
        factory = WebSocketFactory(DaphneServer())
        factory.setProtocolOptions(autoPingTimeout=30, **options)
        factory._batched_timer = timers
        protocol = factory.buildProtocol(None)
        protocol._raw_query_string = b""
        transport = transport or StringTransport()
        transport.registerProducer(protocol, streaming=True)
        protocol.makeConnection(transport)
        protocol.dataReceived(HANDSHAKE + headers + b"\r\n")
        return protocol

    return make


@pytest.mark.parametrize("end", [lambda way: way.accept(None), lambda way: way.refuse(404)])
def test_who_left_in_the_handshake_has_no_answer(knock, end):
    protocol = knock()
    protocol.connectionLost(Failure(ConnectionLost()))
    end(DaphneOutlet(protocol))
    assert protocol.state == protocol.STATE_CLOSED
    assert protocol.transport.value() == b""


@pytest.mark.parametrize("limits", [{}, {"maxMessagePayloadSize": 1000}])
@pytest.mark.parametrize("early", [b"early", b"early\r\n\r\nand not in a header"])
def test_what_comes_before_the_answer_to_the_handshake_arrives(knock, early, limits):
    protocol = knock(**limits)
    outlet = DaphneOutlet(protocol)
    frames = masked(early, Opcode.TEXT) + masked(b"bird")
    for part in (frames[:3], frames[3:]):
        protocol.dataReceived(part)
    assert arrived(protocol) == []
    outlet.accept(None)
    assert arrived(protocol) == [
        {"type": "websocket.receive", "text": early.decode()},
        {"type": "websocket.receive", "bytes": b"bird"},
    ]


@pytest.mark.parametrize("limits", [{}, {"maxMessagePayloadSize": 1000}])
def test_who_sends_too_much_before_the_answer_to_the_handshake_is_cut_off(knock, limits, caplog):
    protocol = knock(transport=Wire(), **limits)
    DaphneOutlet(protocol)
    protocol.dataReceived(bytes(EARLY_BYTES))
    assert not protocol.transport.is_aborted
    protocol.dataReceived(b"x")
    assert protocol.transport.is_aborted
    assert "before its handshake's answer" in caplog.text


def test_a_handshake_is_given_up_shortly_before_autobahn_would(knock):
    protocol = knock(openHandshakeTimeout=20)
    outlet = DaphneOutlet(protocol)
    assert outlet.seconds_unanswered() is None
    protocol.socket_opened -= 17
    assert outlet.seconds_unanswered() is None
    protocol.socket_opened -= 2
    assert outlet.seconds_unanswered() >= 19
    outlet.accept(None)
    assert outlet.seconds_unanswered() is None


def test_middleware_changes_nothing_of_when_to_end_a_connection(knock, clock):
    protocol = knock(openHandshakeTimeout=20, transport=Wire())
    outlet = WrappedOutlet(None, DaphneOutlet(protocol), None)
    protocol.socket_opened -= 19
    assert outlet.seconds_unanswered() >= 19
    protocol.handle_reply({"type": "websocket.close"})
    protocol.transport.read(1000)
    assert not outlet.lingers()
    clock.now += CLOSE_SECONDS + 1
    assert outlet.lingers()


def test_a_handshake_may_wait_for_ever_if_autobahn_says_so(knock):
    protocol = knock(openHandshakeTimeout=0)
    protocol.socket_opened -= 1000
    assert DaphneOutlet(protocol).seconds_unanswered() is None


class TestStalled:
    def test_a_client_that_takes_nothing_of_what_waits(self, open_wire, clock):
        outlet, wire = open_wire()
        outlet.send(Frame("x"))
        assert not outlet.stalled()
        clock.now += BACKLOG_SECONDS + 1
        assert outlet.stalled()
        wire.read(100)
        assert not outlet.stalled()

    def test_not_one_that_takes_a_large_message_bit_by_bit(self, open_wire, clock):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(16 * BACKLOG_BYTES)))
        for _ in range(50):
            assert not outlet.stalled()
            clock.now += BACKLOG_SECONDS - 1
            wire.read(1000)
        assert not outlet.stalled()
        clock.now += BACKLOG_SECONDS + 1
        assert outlet.stalled()

    def test_not_one_that_takes_as_much_as_is_added(self, open_wire, clock):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(500_000)))
        for _ in range(50):
            assert not outlet.stalled()
            clock.now += BACKLOG_SECONDS - 1
            outlet.send(Frame(bytes(2000)))
            wire.read(2000)

    def test_not_one_that_has_taken_everything_between_two_looks(self, open_wire, clock):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(1000)))
        for size in range(2000, 50_000, 1000):
            assert not outlet.stalled()
            clock.now += BACKLOG_SECONDS - 1
            wire.read(100_000)
            outlet.send(Frame(bytes(size)))


def test_a_client_that_takes_its_time_is_not_taken_for_dead(knock, timers):
    protocol = knock(transport=Wire())
    outlet = DaphneOutlet(protocol)
    outlet.accept(None)
    protocol._sendAutoPing()
    outlet.send(Frame(bytes(1_000_000)))
    for _ in range(100):
        outlet.stalled()
        protocol.check_timeouts()
        timers.advance(1)
        protocol.last_ping -= 1
        protocol.transport.read(100)
    assert protocol.state == protocol.STATE_OPEN


class TestRoom:
    @pytest.mark.parametrize("earlier", [0, 16 * BACKLOG_BYTES])
    def test_a_client_that_leaves_too_much_unread_gets_no_more(self, open_wire, earlier):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(earlier)))
        wire.read(2 * earlier + 100)
        for _ in range(2):
            outlet.send(Frame(bytes(BACKLOG_BYTES - 100)))
        assert not wire.is_aborted
        outlet.send(Frame("x"))
        assert wire.is_aborted

    def test_small_messages_may_wait_behind_a_large_one(self, open_wire):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(16 * BACKLOG_BYTES)))
        for _ in range(10):
            outlet.send(Frame(bytes(BACKLOG_BYTES // 10)))
        assert not wire.is_aborted
        outlet.send(Frame(bytes(BACKLOG_BYTES // 10)))
        assert wire.is_aborted

    def test_a_large_one_may_not(self, open_wire):
        outlet, wire = open_wire()
        for is_aborted in (False, True):
            outlet.send(Frame(bytes(BACKLOG_BYTES + 1)))
            assert wire.is_aborted == is_aborted


class TestLingers:
    def test_a_client_that_reads_slowly_has_its_time_for_the_close_too(
        self, open_wire, clock, timers
    ):
        outlet, wire = open_wire()
        outlet.send(Frame(bytes(900_000)))
        outlet.close(1000)
        for _ in range(10):
            clock.now += CLOSE_SECONDS + 1
            timers.advance(CLOSE_SECONDS + 1)
            wire.read(1000)
            assert not outlet.stalled()
            assert not outlet.lingers()
        assert not wire.is_aborted

    @pytest.mark.parametrize(
        "end",
        [
            lambda protocol, way: way.close(1000),
            lambda protocol, way: protocol.dataReceived(masked(b"\x03\xe8", Opcode.CLOSE)),
            lambda protocol, way: protocol.dataReceived(masked(b"\xff", Opcode.TEXT)),
        ],
        ids=["the server closes", "the client closes", "the client is in the wrong"],
    )
    def test_a_client_that_keeps_the_connection_when_all_is_said(self, knock, clock, end):
        protocol = knock(transport=Wire())
        outlet = DaphneOutlet(protocol)
        outlet.accept(None)
        end(protocol, outlet)
        protocol.transport.read(1000)
        self.assert_lingers(outlet, protocol.transport, clock)

    @pytest.mark.parametrize("status", [403, 503])
    def test_a_client_that_is_refused_and_keeps_the_connection(self, knock, clock, status):
        protocol = knock(transport=Wire())
        outlet = DaphneOutlet(protocol)
        outlet.refuse(status)
        protocol.transport.read(1000)
        self.assert_lingers(outlet, protocol.transport, clock)

    def assert_lingers(self, outlet, wire, clock):
        assert not outlet.lingers()
        clock.now += CLOSE_SECONDS + 1
        assert outlet.lingers()
        assert not outlet.stalled()
        wire.disconnected = 1
        assert not outlet.lingers()

    def test_an_open_socket_does_not(self, open_wire, clock):
        outlet, _ = open_wire()
        for _ in range(2):
            assert not outlet.lingers()
            clock.now += CLOSE_SECONDS + 1


@pytest.mark.parametrize(
    ("offer", "chosen", "answer"),
    [
        (b"other, chat", "chat", [b"Sec-WebSocket-Protocol: chat"]),
        (b"%63hat", "chat", []),
        (b"a%2Cb", "a", []),
    ],
)
def test_the_subprotocol_is_one_that_the_client_offered(knock, offer, chosen, answer):
    protocol = knock(b"Sec-WebSocket-Protocol: %b\r\n" % offer)
    DaphneOutlet(protocol).accept(chosen)
    assert protocol.state == protocol.STATE_OPEN
    lines = protocol.transport.value().split(b"\r\n")
    told = [line for line in lines if line.startswith(b"Sec-WebSocket-Protocol")]
    assert told == answer


def test_a_client_that_is_not_read_on_purpose_is_taken_for_dead_only_afterwards(knock, timers):
    protocol = knock()
    outlet = DaphneOutlet(protocol)
    outlet.accept(None)
    protocol._sendAutoPing()
    for blocked, state in [(True, protocol.STATE_OPEN), (False, protocol.STATE_CLOSED)]:
        for _ in range(60):
            outlet.throttle(blocked)
            protocol.check_timeouts()
            timers.advance(1)
            protocol.last_ping -= 1
        assert protocol.state == state


def test_a_client_that_sends_is_not_taken_for_dead(knock, timers):
    protocol = knock()
    DaphneOutlet(protocol).accept(None)
    protocol._sendAutoPing()
    timers.advance(29)
    protocol.dataReceived(masked(b"alive", Opcode.TEXT))
    timers.advance(29)
    assert protocol.state == protocol.STATE_OPEN


@pytest.mark.parametrize("seed", range(20))
def test_messages_arrive_as_autobahn_alone_reads_them(knock, seed):
    chance = random.Random(seed)
    data = b"".join(chance.choice(MESSAGES) for _ in range(50)) + chance.choice(ENDS)
    data += chance.choice(MESSAGES)
    ours, alone = knock(), knock()
    DaphneOutlet(ours).accept(None)
    alone.serverAccept()
    alone.failByDrop = False
    while data:
        size = chance.choice([1, 7, 300, 70_000])
        ours.dataReceived(data[:size])
        alone.dataReceived(data[:size])
        data = data[size:]
    assert ours.state == alone.state
    assert len(arrived(ours)) > 20
    assert arrived(ours) == arrived(alone)


@pytest.mark.parametrize("limit", ["maxMessagePayloadSize", "maxFramePayloadSize"])
def test_limits_hold_for_short_messages(knock, limit):
    protocol = knock(**{limit: 10})
    DaphneOutlet(protocol).accept(None)
    protocol.dataReceived(masked(b"ten bytes.", Opcode.TEXT) + masked(b"eleven bytes", Opcode.TEXT))
    assert arrived(protocol) == [{"type": "websocket.receive", "text": "ten bytes."}]
    assert protocol.state == protocol.STATE_CLOSING
    assert (1009).to_bytes(2, "big") in protocol.transport.value()


class TestOffers:
    @pytest.fixture
    def protocol(self, knock):
        protocol = knock()
        self.outlet = DaphneOutlet(protocol)
        self.outlet.accept(None)
        self.offered = []
        protocol.application_queue.get_nowait()  # the connect, which its application takes
        return protocol

    def take(self, data):
        self.offered.append(data)
        return True

    def test_messages_are_offered_past_daphnes_queue(self, protocol):
        self.outlet.offer_to(self.take)
        protocol.last_ping = 0
        protocol.dataReceived(masked("one ä".encode(), Opcode.TEXT) + masked(b"two", Opcode.BINARY))
        assert self.offered == ["one ä", b"two"]
        assert protocol.application_queue.empty()
        assert protocol.last_ping

    def test_those_that_nobody_takes_go_through_it(self, protocol):
        self.outlet.offer_to(lambda data: False)
        protocol.dataReceived(masked(b"one", Opcode.TEXT))
        self.outlet.offer_to(self.take)
        protocol.dataReceived(masked(b"two", Opcode.TEXT))
        queued = [protocol.application_queue.get_nowait()["text"] for _ in range(2)]
        assert (queued, self.offered) == (["one", "two"], [])

    def test_those_of_a_socket_that_is_muted_are_not(self, protocol):
        self.outlet.offer_to(self.take)
        protocol.muted = True
        protocol.dataReceived(masked(b"one", Opcode.TEXT))
        assert self.offered == []


def arrived(protocol) -> list[dict]:
    """Returns the events of a protocol, without the connect."""
    return list(protocol.application_queue._queue)[1:]


def test_frames_of_every_kind_arrive_and_leave(daphne):
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
def test_a_handshake_can_be_refused(daphne, answer, status):
    with pytest.raises(InvalidStatus) as refusal, daphne.socket(answer):
        pass
    assert refusal.value.response.status_code == status


@pytest.mark.parametrize(
    ("close", "code"), [(True, 1000), (1008, 1008), (1011, 1011), (1013, 1013), (4001, 4001)]
)
def test_a_socket_is_closed_with_the_code_of_the_reply(daphne, close, code):
    with daphne.socket() as (client, message):
        daphne.layer.send(message["reply_channel"], {"text": "bye", "close": close})
        assert client.recv(SECONDS) == "bye"
        with pytest.raises(ConnectionClosed):
            client.recv(SECONDS)
        assert client.close_code == code
    assert daphne.end["order"] == 1


class TestBelowMiddleware:
    def test_frames_of_all_sizes_pass_through_it(self, wrapped):
        with wrapped.socket() as (client, message):
            for frame in ("", "short", "long" * 400_000):
                wrapped.layer.send(message["reply_channel"], {"text": frame})
                assert client.recv(SECONDS) == frame.upper()
            for frame in (b"", b"bytes"):
                wrapped.layer.send(message["reply_channel"], {"bytes": frame})
                assert client.recv(SECONDS) == frame
            client.send("heard")
            assert wrapped.take("websocket.receive")["text"] == "heard"

    def test_no_frame_passes_by_one_that_only_listens(self, wrapped):
        headers = {"X-Middleware": "listening"}
        with wrapped.socket(additional_headers=headers) as (client, message):
            for frame in ("one", "two"):
                client.send(frame)
                assert wrapped.take("websocket.receive")["text"] == frame.upper()
                wrapped.layer.send(message["reply_channel"], {"text": frame})
                assert client.recv(SECONDS) == frame

    @pytest.mark.parametrize("code", [1000, 1008, 1011, 1012, 1013, 4001])
    def test_a_socket_is_closed_with_the_code_of_the_reply(self, wrapped, code):
        with wrapped.socket() as (client, message):
            wrapped.layer.send(message["reply_channel"], {"close": code})
            with pytest.raises(ConnectionClosed):
                client.recv(SECONDS)
            assert client.close_code == code

    @pytest.mark.parametrize("status", [403, 404])
    def test_a_handshake_can_be_refused(self, wrapped, status):
        answer = {"accept": False, "status": status}
        with pytest.raises(InvalidStatus) as refusal, wrapped.socket(answer):
            pass
        assert refusal.value.response.status_code == status


def test_a_target_in_absolute_form_says_path_and_host(daphne):
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13"
    head = f"GET http://other/page/?a=1 HTTP/1.1\r\nHost: x\r\n{key}\r\n"
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        client.sendall(f"{head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n".encode())
        message = daphne.take("websocket.connect")
        assert (message["path"], message["query_string"]) == ("/page/", b"a=1")
        assert dict(message["headers"])[b"host"] == b"other"
    daphne.disconnect(message["reply_channel"])


def test_a_client_that_leaves_is_reported_with_its_code(daphne):
    with daphne.socket() as (client, _):
        client.close(4321)
    assert daphne.end["code"] == 4321


def test_a_group_frame_reaches_every_member(daphne):
    with daphne.socket() as (one, first), daphne.socket() as (two, second):
        for message in (first, second):
            daphne.layer.group_add("friends", message["reply_channel"])
        daphne.layer.send_group("friends", {"text": "hello"})
        assert one.recv(SECONDS) == two.recv(SECONDS) == "hello"


@pytest.mark.parametrize(("forwarded", "scheme"), [("https", "wss"), ("http", "ws")])
def test_the_scheme_is_what_the_proxy_says(daphne, forwarded, scheme):
    headers = {"X-Forwarded-Proto": forwarded, "X-Forwarded-For": "192.0.2.1"}
    with daphne.socket(additional_headers=headers) as (_, message):
        assert message["scheme"] == scheme
        assert message["client"][0] == "192.0.2.1"


def test_a_client_that_does_not_read_is_cut_off_and_others_go_on(daphne):
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


def test_a_client_that_floods_is_held_back_and_closed_with_1013(daphne):
    with daphne.socket() as (client, _):
        with pytest.raises(ConnectionClosed):
            while True:
                client.send(bytes(100_000))
        assert client.close_code == 1013
    assert [daphne.take("websocket.receive")["order"] for _ in range(3)] == [1, 2, 3]
    assert daphne.end["order"] == 4


def test_a_handshake_that_no_worker_answers_is_refused_before_it_breaks(daphne):
    with pytest.raises(InvalidStatus) as refusal, daphne.connect(open_timeout=SECONDS):
        pass
    assert refusal.value.response.status_code == 503
    assert daphne.disconnect(daphne.take("websocket.connect")["reply_channel"])["order"] == 1


def test_a_client_that_says_goodbye_and_keeps_its_tls_connection_has_left(
    tmp_path, redis_url, prefix
):
    files = make_certificate(tmp_path, "localhost")
    context = trusting(files[0])
    with (
        started(Daphne(tmp_path, redis_url, prefix, certificate=files)) as daphne,
        socket.create_connection(("localhost", daphne.port), SECONDS) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as client,
    ):
        client.sendall(HANDSHAKE + b"\r\n")
        channel = daphne.take("websocket.connect")["reply_channel"]
        daphne.layer.send(channel, {"accept": True})
        assert b" 101 " in client.recv(1000)
        client.sendall(masked(b"\x03\xe9", Opcode.CLOSE))
        assert daphne.disconnect(channel)["code"] == 1001
