"""Nothing grows: clients that do not read or send too much, queues that overflow, bad input."""

import http.client
import itertools
import re
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import msgpack
import pytest

from asgi_redis import RedisChannelLayer
from channels.layers.exceptions import ChannelFull
from channels.layers.outgoing import Outgoing
from tests.faults.crowd import BINARY, HANDSHAKE, PING, TEXT, Member, masked
from tests.faults.flood import Flood
from tests.faults.project.routing import GROUP
from tests.faults.rig import Rig
from tests.faults.usage import MIB, Memory, connections, in_kernel, used_memory
from tests.support.processes import Process
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

# MiB by which one client, whatever it does, may make an interface server larger.
CLIENT_GROWTH = 8
CONTINUED = 0x0
# Bytes before the data of a frame from the server, at most (RFC 6455, section 5.2).
FRAME_HEAD = 10


@pytest.fixture(scope="module")
def shared_rig(tmp_path_factory: pytest.TempPathFactory, valkey: ValkeyServer) -> Iterator[Rig]:
    """A small rig: what is asked is how much one process can be made to hold."""
    folder = tmp_path_factory.mktemp("rig")
    with Rig(folder, {"hosts": [valkey.url]}, servers=1, workers=2, sockets=4) as rig:
        yield rig


@pytest.fixture
def daphne(rig: Rig) -> Process:
    return rig.servers[0]


@pytest.fixture
def port(rig: Rig) -> int:
    return rig.ports[0]


@pytest.fixture
def member(port: int) -> Iterator[Member]:
    """A socket in no group, which is read when the test reads it."""
    member = Member(port, "/alone/")
    yield member
    member.socket.close()


@pytest.fixture(scope="module", autouse=True)
def unread(valkey: ValkeyServer) -> Iterator[RedisChannelLayer]:
    """What nobody reads, sent before all tests: others can run until it expires."""
    layer = RedisChannelLayer(hosts=[valkey.url], prefix="unread:", expiry=1)
    for number in range(50):
        layer.send(f"nobody.{number}", {"text": "unread"})
        layer.send(f"nobody.reply!{number}", {"text": "unread"})
    assert len(keys_of(layer, "unread:channel:")) == 50
    yield layer
    layer.flush()
    layer.nodes[0].close()


@contextmanager
def paused(*processes: Process) -> Iterator[None]:
    for process in processes:
        process.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.signal(signal.SIGCONT)


def send_to_group(rig: Rig, numbers: range) -> list[str]:
    """Send numbers to the group, many at a time; returns them."""
    texts = [f"number {number}" for number in numbers]
    for start in range(0, len(texts), 500):
        part = texts[start : start + 500]
        assert not rig.layer.send_all([Outgoing.to_group(GROUP, {"text": text}) for text in part])
    return texts


def read_until_closed(member: Member) -> None:
    wait_until(lambda: member.read() or member.closed is not None, "the socket to be closed")


class TestClientsThatDoNotRead:
    def test_one_is_cut_off_and_the_others_get_everything_in_order(
        self, rig: Rig, daphne: Process, port: int
    ) -> None:
        silent, memory, padding = Member(port), Memory(daphne), "x" * 200_000
        sent = [f"{number} {padding}" for number in range(320)]  # 64 MB
        for start in range(0, len(sent), 5):
            for text in sent[start : start + 5]:
                rig.layer.send_group(GROUP, {"text": text})
            rig.crowd.wait_for(text)
        assert memory.peak() < CLIENT_GROWTH
        assert [member.received for member in rig.crowd.open_members()] == [sent] * 4
        read_until_closed(silent)
        assert (silent.closed, silent.received) == (1006, sent[: len(silent.received)])
        silent.socket.close()

    def test_one_is_cut_off_when_a_mebibyte_waits_for_it(
        self, rig: Rig, daphne: Process, member: Member
    ) -> None:
        own_name, start = str(member.answer("name")), len(daphne.output)
        size = 4_000
        cut_off = re.compile(r"Cut off a socket with (\d+) bytes unread by its client")
        while not (line := cut_off.search(daphne.output, start)):
            with suppress(ChannelFull):  # of its inbox
                rig.layer.send(own_name, {"bytes": bytes(size)})
        assert MIB < int(line[1]) <= MIB + size + FRAME_HEAD
        read_until_closed(member)
        assert member.closed == 1006

    def test_one_is_cut_off_when_it_takes_nothing_for_ten_seconds_however_little_waits(
        self, rig: Rig, daphne: Process, member: Member
    ) -> None:
        own_name, start, sent = str(member.answer("name")), len(daphne.output), 0
        while (waiting := sent - in_kernel(member)) < MIB // 4:
            if waiting <= 0:
                took_all = time.monotonic()
            rig.layer.send(own_name, {"bytes": bytes(100_000)})
            sent += 100_000
            wait_until(lambda: not any_unread(rig), "the message to be read")
            # And given to the kernel, which may take more of what waits a little later.
            time.sleep(1 if sent - in_kernel(member) >= MIB // 4 else 0.05)
        assert waiting < MIB
        begun = time.monotonic()
        daphne.wait_for_output("its client does not read", start=start)
        assert time.monotonic() - took_all > 8
        assert time.monotonic() - begun < 20
        assert "bytes unread" not in daphne.output[start:]
        read_until_closed(member)
        assert member.closed == 1006

    def test_one_that_reads_slowly_gets_a_large_message_and_what_follows(
        self, rig: Rig, member: Member
    ) -> None:
        own_name = str(member.answer("name"))
        member.received.clear()
        large = bytes(12 * MIB)
        rig.layer.send(own_name, {"bytes": large})
        rig.layer.send(own_name, {"text": "next", "close": True})
        while member.closed is None:
            member.read()
            time.sleep(0.3)
        assert (member.received, member.closed) == ([large, "next"], 1000)

    def test_a_backlog_of_large_messages_is_not_read_all_at_once(
        self, rig: Rig, daphne: Process
    ) -> None:
        with paused(daphne):
            for _ in range(60):
                rig.layer.send_group(GROUP, {"bytes": bytes(MIB)})
            memory = Memory(daphne)
        wait_until(lambda: not any_unread(rig), "the backlog to be read")
        assert memory.peak() < 4 * CLIENT_GROWTH  # every socket has its own buffer


class TestClientsThatFlood:
    @pytest.mark.parametrize("length", [100, 500_000])
    def test_one_that_no_worker_listens_to_is_closed_and_its_disconnect_consumed(
        self, rig: Rig, daphne: Process, port: int, valkey: ValkeyServer, length: int
    ) -> None:
        memory, redis = Memory(daphne), used_memory(valkey)
        with Flood(port, "x" * length) as flood:
            with paused(*rig.workers):
                wait_until(lambda: flood.member.closed, "the flood to be ended")
                capacity = rig.layer.capacity_of("websocket.receive")
                assert used_memory(valkey) - redis < capacity * length / MIB + 2
            assert flood.member.closed == 1013
        assert memory.peak() < CLIENT_GROWTH
        wait_until(lambda: rig.events("disconnected"), "its disconnect")
        assert len(rig.crowd.open_members()) == 4

    def test_one_that_keeps_the_workers_busy_is_held_back_and_others_are_served(
        self, daphne: Process, port: int, member: Member
    ) -> None:
        memory = Memory(daphne)
        with Flood(port, "slow" + "x" * 50_000) as flood:
            for number in range(3):
                assert member.answer(f"question {number}") == f"question {number}"
            assert flood.is_held_back()
            assert flood.member.closed is None
        assert memory.peak() < CLIENT_GROWTH

    def test_one_is_held_back_while_redis_does_not_answer(
        self, daphne: Process, port: int, member: Member, valkey: ValkeyServer
    ) -> None:
        memory = Memory(daphne)
        with Flood(port, "x" * 500_000) as flood:
            with paused(valkey.process):
                time.sleep(1)
                assert flood.is_held_back()
            assert memory.peak() < CLIENT_GROWTH
            assert member.answer("still there?") == "still there?"
            assert flood.member.closed is None


class TestFrames:
    def test_empty_ones_arrive_and_leave_in_their_turn(self, member: Member) -> None:
        frames = ["one", "", b"two", b"", "", "three"]
        assert [member.answer(frame) for frame in frames] == frames

    @pytest.mark.parametrize(
        ("frames", "code"),
        [
            ([masked(BINARY, bytes(MIB + 1))], 1009),
            ([struct.pack("!BBQ4x", 0x80 | BINARY, 0x80 | 127, 1 << 40)], 1009),
            (
                [
                    masked(TEXT, b"x" * (MIB // 2), final=False),
                    masked(CONTINUED, b"x" * (MIB // 2), final=False),
                    masked(CONTINUED, b"x"),
                ],
                1009,
            ),
            ([masked(TEXT, b"\xff\xfe")], 1007),
            ([masked(TEXT, b"\xe2\x82", final=False), masked(CONTINUED, b"x")], 1007),
            ([masked(0x40 | TEXT, b"compressed")], 1002),
            ([masked(PING, bytes(126))], 1002),
            ([b"\x81\x03abc"], 1002),
        ],
        ids=[
            *("too large", "announced as too large", "too large in fragments"),
            *("no UTF-8", "no UTF-8 in fragments", "compressed", "a large ping", "not masked"),
        ],
    )
    def test_a_bad_one_closes_its_socket_with_the_code_that_says_why(
        self, rig: Rig, daphne: Process, member: Member, frames: list[bytes], code: int
    ) -> None:
        memory = Memory(daphne)
        member.socket.setblocking(True)
        with suppress(ConnectionError):  # what comes behind a frame that is refused is not read
            member.socket.sendall(b"".join(frames))
        member.socket.setblocking(False)
        read_until_closed(member)
        assert (member.closed, member.received) == (code, [])
        assert memory.peak() < CLIENT_GROWTH
        assert len(rig.crowd.open_members()) == 4

    def test_many_fragments_take_no_more_memory_than_their_frame(
        self, daphne: Process, member: Member
    ) -> None:
        memory, middle = Memory(daphne), masked(CONTINUED, b"of", final=False)
        member.socket.setblocking(True)
        member.socket.sendall(masked(TEXT, b"a lot ", final=False) + middle * 40_000)
        member.socket.sendall(masked(CONTINUED, b" it"))
        member.socket.setblocking(False)
        wait_until(lambda: member.read() or member.received, "the frame, back again")
        assert member.received == ["a lot " + "of" * 40_000 + " it"]
        assert memory.peak() < CLIENT_GROWTH / 2

    def test_compression_is_not_offered_so_there_are_no_bombs(self, port: int) -> None:
        offer = "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        request = HANDSHAKE.format(path="/", port=port).replace("\r\n\r\n", offer)
        answer = exchange(port, request.encode(), until=b"\r\n\r\n")
        assert b" 101 " in answer
        assert b"extensions" not in answer.lower()


class TestInbox:
    def test_one_that_overflows_is_bounded_counted_and_told_to_the_sockets(
        self,
        rig: Rig,
        daphne: Process,
        member: Member,
        valkey: ValkeyServer,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        own_name = str(member.answer("name"))
        redis, drops = used_memory(valkey), rig.layer.global_statistics()["group_drops"]
        with paused(daphne):
            sent = send_to_group(rig, range(rig.layer.mailbox_capacity + 500))
            with pytest.raises(ChannelFull):
                rig.layer.send(own_name, {"text": "no room"})
            for _ in range(20):
                rig.layer.send_group(GROUP, {"text": "no room"})
            [inbox] = keys(rig, rig.layer.keys.inboxes)
            assert rig.layer.nodes[0].run(("XLEN", inbox)) == rig.layer.mailbox_capacity
            assert used_memory(valkey) - redis < 8
            dropped = rig.layer.global_statistics()["group_drops"] - drops
            assert 520 <= dropped < 620
            told = [record for record in caplog.records if "Dropped" in record.getMessage()]
            assert 1 <= len(told) <= 2
        crowd = rig.crowd.members
        wait_until(lambda: all(m.closed for m in crowd), "the sockets of the group to be closed")
        assert {member.closed for member in crowd} == {1013}
        for other in crowd:
            assert other.received == sent[: -dropped + 20]
        assert member.answer("still there?") == "still there?"

    def test_one_is_bounded_in_bytes_too_where_messages_are_large(
        self, rig: Rig, daphne: Process, member: Member, valkey: ValkeyServer
    ) -> None:
        gone, redis = f"{member.answer('name')}0", used_memory(valkey)
        with paused(daphne):
            with pytest.raises(ChannelFull):
                for _ in range(100):
                    rig.layer.send(gone, {"bytes": bytes(MIB)})
            rig.layer.send(gone, {"text": "small"})
            assert used_memory(valkey) - redis < 80
        assert member.answer("still there?") == "still there?"


class TestRedis:
    def test_what_nobody_reads_expires(self, unread: RedisChannelLayer) -> None:
        left = ["unread:channel:", "unread:inbox:"]
        wait_until(lambda: not any(keys_of(unread, prefix) for prefix in left), "it to be gone")

    def test_connections_and_memory_stay_as_they_are_while_clients_come_and_go(
        self, rig: Rig, daphne: Process, port: int, valkey: ValkeyServer
    ) -> None:
        for _ in range(8):
            come_and_go(rig, port, 500)
        size, sizes = Memory(daphne).size(), []
        for _ in range(6):
            come_and_go(rig, port, 500)
            sizes.append(Memory(daphne).size())
        assert connections(valkey) <= a_handful_each(rig)
        assert max(sizes) < 1.05 * size

    def test_connections_stay_as_they_are_over_ten_thousand_operations(
        self, rig: Rig, member: Member, valkey: ValkeyServer
    ) -> None:
        member.answer("a first one")
        rig.crowd.wait_for(send_to_group(rig, range(9_000))[-1])
        for number in range(1_000):
            member.send(str(number))
        wait_until(lambda: member.read() or len(member.received) > 1_000, "all answers")
        assert connections(valkey) <= a_handful_each(rig)


class TestRequests:
    def test_a_large_response_waits_for_its_client(
        self, rig: Rig, port: int, valkey: ValkeyServer
    ) -> None:
        size = 100 * MIB
        memories = [Memory(process) for process in rig.processes]
        redis, largest = used_memory(valkey), 0.0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", f"/download/?size={size}")
        response, read = connection.getresponse(), 0
        while part := response.read(MIB):
            read += len(part)
            largest = max(largest, used_memory(valkey) - redis)
            time.sleep(0.02)
        connection.close()
        assert read == size
        # A worker sends on until it is told to wait.
        assert largest < 4 * CLIENT_GROWTH
        assert max(memory.peak() for memory in memories) < 4 * CLIENT_GROWTH

    def test_many_responses_that_nobody_reads_take_what_they_are_and_no_more(
        self, rig: Rig, daphne: Process, port: int, valkey: ValkeyServer
    ) -> None:
        memory, redis = Memory(daphne), used_memory(valkey)
        request = b"GET /download/?size=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        clients = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(100)]
        for client in clients:
            client.sendall(request)
        wait_until(lambda: rig.status(port) == 200, "the workers to have answered them")
        assert used_memory(valkey) - redis < 2
        assert memory.peak() < CLIENT_GROWTH
        for client in clients:
            client.close()

    @pytest.mark.parametrize(
        "kind", ["application/octet-stream", "multipart/form-data; boundary=edge"]
    )
    def test_a_large_body_is_never_whole_in_memory(
        self, rig: Rig, port: int, valkey: ValkeyServer, kind: str
    ) -> None:
        memories = [Memory(process) for process in rig.processes]
        redis = used_memory(valkey)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        body = itertools.repeat(bytes(MIB), 60)
        headers = {"Content-Type": kind, "Content-Length": str(60 * MIB)}
        connection.request("POST", "/upload/", body, headers)
        assert connection.getresponse().read() == str(60 * MIB).encode()
        connection.close()
        assert max(memory.peak() for memory in memories) < CLIENT_GROWTH
        assert used_memory(valkey) - redis < CLIENT_GROWTH

    def test_large_bodies_that_nobody_reads_take_a_few_parts_each(
        self, rig: Rig, port: int, valkey: ValkeyServer
    ) -> None:
        body, count, parts = bytes(20 * MIB), 6, rig.layer.keys.stream("http.request.body?")
        redis, before = used_memory(valkey), len(keys(rig, parts))
        with ExitStack() as stack:
            clients = [
                http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(count)
            ]
            for client in clients:
                stack.enter_context(closing(client))
            with paused(*rig.workers):
                for client in clients:
                    client.request("POST", "/upload/", body)
                wait_until(lambda: len(keys(rig, parts)) == before + count, "all uploads to begin")
                time.sleep(1)  # for more parts to follow
                assert used_memory(valkey) - redis < 3 * count
            for client in clients:
                assert client.getresponse().read() == str(len(body)).encode()

    def test_bodies_that_no_view_reads_are_forgotten_with_their_requests(
        self, rig: Rig, daphne: Process, port: int
    ) -> None:
        memory = Memory(daphne)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as client:
            for _ in range(150):
                client.request("POST", "/", bytes(MIB))
                assert client.getresponse().read() == b"ok"
        assert memory.peak() < 3 * CLIENT_GROWTH
        left = keys(rig, f"{rig.layer.keys.stream('http.request.body?')}")
        rig.layer.nodes[0].run(("UNLINK", "nothing", *left))  # or it fills Redis until it expires

    @pytest.mark.parametrize(
        "headers",
        [
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            "Content-Length: 4\r\nContent-Length: 5",
            "Content-Length: +4",
            "Transfer-Encoding: x-chunked",
            "Transfer-Encoding: chunked",
            "Bad Name: 4",
            "Bad-Value: a\x0bb",
        ],
    )
    def test_what_two_servers_may_read_in_two_ways_is_refused(
        self, port: int, headers: str
    ) -> None:
        start = f"POST / HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n"
        smuggled = "GET /download/?size=7 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        # As a chunked body this is broken, too.
        answer = exchange(port, f"{start}xyz\r\n\r\n{smuggled}".encode(), until=b"\r\n\r\n")
        assert set(re.findall(rb"HTTP/1.1 (\d+)", answer)) == {b"400"}

    def test_requests_that_come_at_once_are_answered_in_order(self, port: int) -> None:
        sizes = [70_000, 3, 0, 5]
        requests = [
            f"POST /upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
            + "x" * size
            for size in sizes
        ]
        last = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answer = exchange(port, "".join([*requests, last]).encode(), until=b"ok")
        bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
        assert bodies == [*(str(size).encode() for size in sizes), b"ok"]


class TestEntries:
    BAD = {
        "no MessagePack": b"\xc1",
        "cut short": msgpack.packb({"text": "x" * 100})[:50],
        "no dict": msgpack.packb(["text"]),
        "huge": msgpack.packb({"text": "x" * (20 * MIB)}),
        "nested deeply": b"\x91" * 40_000 + b"\xc0",
        "announced as huge": b"\xdd\xff\xff\xff\xff",
    }

    def test_bad_ones_in_a_channel_become_dead_letters_and_the_workers_live(
        self, rig: Rig, member: Member
    ) -> None:
        node, stream = rig.layer.nodes[0], rig.layer.keys.stream("websocket.receive")
        for value in self.BAD.values():
            node.run(("XADD", stream, "*", "m", value))
        node.run(("XADD", stream, "*", "not", "ours"))
        node.run(("XADD", stream, "*", "m", msgpack.packb({"not": "a frame"})))
        assert member.answer("next") == "next"
        letters = len(self.BAD) + 1
        wait_until(lambda: len(list(rig.layer.dead_letters)) == letters, "the dead letters")
        assert all(worker.is_running() for worker in rig.workers)
        for letter in rig.layer.dead_letters:
            rig.layer.dead_letters.purge(letter)

    def test_bad_ones_in_an_inbox_close_the_sockets_that_they_are_for_and_no_other(
        self, rig: Rig, daphne: Process, port: int, member: Member
    ) -> None:
        own_name, node = str(member.answer("name")), rig.layer.nodes[0]
        [inbox] = keys(rig, rig.layer.keys.inboxes)
        start, other = len(daphne.output), Member(port, "/alone/")
        rig.layer.group_add("others", str(other.answer("name")))
        for fields in (["not", "ours"], ["z", GROUP, "m", ""], ["s", b"\xff", "m", b"\x80"]):
            node.run(("XADD", inbox, "*", *fields))
        assert member.answer("next") == "next"
        for value in self.BAD.values():
            node.run(("XADD", inbox, "*", "s", own_name, "m", value))
            node.run(("XADD", inbox, "*", "g", "others", "m", value))
        for one in (member, other):
            wait_until(lambda one=one: one.read() or one.closed == 1013, "the close")
        rig.crowd.wait_for(send_to_group(rig, range(1))[0])
        assert daphne.output[start:].count("Dropped a message in our inbox") > len(self.BAD)
        other.socket.close()


def keys(rig: Rig, prefix: str) -> list[str]:
    return keys_of(rig.layer, prefix)


def keys_of(layer: RedisChannelLayer, prefix: str) -> list[str]:
    return [key.decode() for key in layer.nodes[0].run(("KEYS", f"{prefix}*"))]


def come_and_go(rig: Rig, port: int, count: int) -> None:
    """Open sockets, many at once, and close them again."""
    before = goodbyes(rig)
    request = HANDSHAKE.format(path="/", port=port).encode()
    for _ in range(0, count, 100):
        clients = [socket.create_connection(("127.0.0.1", port), 30) for _ in range(100)]
        for client in clients:
            client.sendall(request)
        for client in clients:
            assert b" 101 " in client.recv(4096)
            client.close()
    wait_until(lambda: goodbyes(rig) >= before + count, "all disconnects")


def any_unread(rig: Rig) -> bool:
    """Return whether an interface server has not read all that is in its inbox."""
    inboxes = keys(rig, rig.layer.keys.inboxes)
    return any(rig.layer.nodes[0].run(("XLEN", inbox)) for inbox in inboxes)


def a_handful_each(rig: Rig) -> int:
    """Return how many connections all processes may have, this one included."""
    return 4 * (len(rig.processes) + 1)


def goodbyes(rig: Rig) -> int:
    """Return how many disconnects the workers have seen."""
    return rig.diary.read_bytes().count(b"disconnected") if rig.diary.exists() else 0


def exchange(port: int, request: bytes, until: bytes) -> bytes:
    """Send bytes and return what comes until it has the given end, or the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(request)
        answer = b""
        while until not in answer and (part := client.recv(65536)):
            answer += part
        return answer
