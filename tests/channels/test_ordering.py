"""Tests of channels.ordering: the messages of one socket, in their order."""

import gc
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from unittest.mock import Mock

import pytest
from django.contrib.sessions.backends.file import SessionStore
from django.db import DatabaseError

from asgi_redis import RedisChannelLayer
from asgi_redis.commands import Commands
from asgi_redis.keys import shard
from channels.asgi import ChannelLayerWrapper
from channels.exceptions import ConsumeLater
from channels.layers.exceptions import LayerUnavailable
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.ordering import COUNT_KEY, LOST_KEY, MOST_EARLY, start_watch
from channels.pending import collect_sends, send_pending
from channels.routing import route
from channels.sessions import channel_session, enforce_ordering, session_for_reply_channel
from channels.worker import WorkerGroup
from tests.support.waiting import wait_until

REPLY = "websocket.send!abc"

pytestmark = pytest.mark.usefixtures("file_sessions")


def make_layer(**config) -> ChannelLayerWrapper:
    return ChannelLayerWrapper(InMemoryChannelLayer(**config), "default", [])


@pytest.fixture
def layer() -> ChannelLayerWrapper:
    return make_layer()


class Socket:
    """Runs messages of one socket through an ordered consumer, and notes which have run."""

    def __init__(self, layer, reply: str = REPLY):
        self.layer = layer
        self.reply = reply
        self.ran = []

        @enforce_ordering
        def consumer(message):
            self.ran.append(message["order"])
            message.reply_channel.send({"text": str(message["order"])})

        self.consumer = consumer

    def message(self, order: int, channel: str = "") -> Message:
        channel = channel or ("websocket.receive" if order else "websocket.connect")
        return Message({"reply_channel": self.reply, "order": order}, channel, self.layer)

    def run(self, *orders: int) -> None:
        for order in orders:
            self.consumer(self.message(order))

    def read(self, channel: str = "websocket.receive") -> list[int]:
        """Takes off a channel what was put back on it; returns the orders."""
        orders = []
        while (content := self.layer.receive([channel])[1]) is not None:
            orders.append(content["order"])
        return orders

    def is_closed(self) -> bool:
        """Whether what came last on the reply channel is a close."""
        contents = []
        while (content := self.layer.receive(["websocket.send!"])[1]) is not None:
            contents.append(content)
        return contents[-1:] == [{"close": 1013}]


@pytest.fixture
def socket(layer) -> Socket:
    return Socket(layer)


def test_messages_in_order_run_at_once(socket):
    socket.run(0, 1, 2)
    assert socket.ran == [0, 1, 2]


def test_a_message_that_comes_early_waits(socket):
    socket.run(0, 2)
    assert socket.ran == [0]
    assert socket.read() == []


def test_who_finishes_puts_the_next_message_back_as_it_was(socket, layer):
    socket.run(0)
    early = socket.message(2, "websocket.disconnect")
    content = dict(early.content)
    socket.consumer(early)
    socket.run(1)
    assert layer.receive(["websocket.disconnect"])[1] == content


def test_the_next_and_its_successor_come_back_and_the_others_go_on_waiting(socket):
    socket.run(0, 5, 4, 3, 2)
    socket.run(1)
    assert socket.read() == [2, 3]
    socket.run(2, 3)
    assert socket.read() == [4, 5]


def test_what_waits_for_another_message_goes_on_waiting(socket):
    socket.run(0, 3, 4, 1)
    assert socket.read() == []
    socket.run(2)
    assert socket.read() == [3, 4]


def test_each_of_many_early_messages_waits_once(socket, layer, monkeypatch):
    waited = []
    set_aside = layer.channel_layer.set_aside
    monkeypatch.setattr(
        layer.channel_layer,
        "set_aside",
        lambda owner, turn, *others: waited.append(turn) or set_aside(owner, turn, *others),
    )
    early = list(range(1, 100))
    socket.run(*reversed(early), 0)
    while back := socket.read():
        socket.run(*back)
    assert socket.ran == [0, *early]
    assert sorted(waited) == early


def test_a_message_whose_turn_comes_while_it_starts_to_wait_is_not_forgotten(socket):
    early = socket.message(1)

    @channel_session
    def overtaken(message):
        socket.run(0)  # by another worker, after this one has read the count
        socket.consumer(message)

    overtaken(early)
    assert socket.ran == [0]
    assert socket.read() == [1]


def test_a_message_that_comes_twice_runs_once(socket):
    socket.run(0, 1, 1)
    assert socket.ran == [0, 1]
    socket.run(3, 3, 2)
    assert socket.read() == [3]


def test_a_message_that_comes_again_releases_what_its_dead_worker_did_not(socket):
    socket.run(0, 2)
    session = session_for_reply_channel(REPLY)
    session[COUNT_KEY] = 2  # it had run, and its worker died right after that
    session.save()
    socket.run(1)
    assert socket.ran == [0]
    assert socket.read() == [2]


def test_a_worker_that_was_taken_for_dead_does_not_turn_back_the_count(layer):
    socket = Socket(layer)

    @enforce_ordering
    def stalled(message):
        socket.run(0, 1)  # others went on

    stalled(socket.message(0))
    assert session_for_reply_channel(REPLY)[COUNT_KEY] == 2


def test_a_consumer_within_an_ordered_consumer_is_part_of_its_turn(socket):
    @enforce_ordering
    def outer(message):
        socket.consumer(message)

    outer(socket.message(0))
    assert socket.ran == [0]
    assert session_for_reply_channel(REPLY)[COUNT_KEY] == 1


def test_sockets_do_not_wait_for_each_other(layer):
    one, two = Socket(layer), Socket(layer, "websocket.send!other")
    one.run(1)
    two.run(0, 1)
    assert (one.ran, two.ran) == ([], [0, 1])


def test_a_consumer_that_raises_has_had_its_turn(socket):
    @enforce_ordering
    def fail(message):
        raise LookupError

    socket.run(1)
    with pytest.raises(LookupError):
        fail(socket.message(0))
    assert socket.read() == [1]


def test_a_message_that_is_consumed_later_keeps_its_turn(socket):
    @enforce_ordering
    def not_yet(message):
        raise ConsumeLater

    with pytest.raises(ConsumeLater):
        not_yet(socket.message(0))
    socket.run(1)
    assert socket.ran == []
    socket.run(0)
    assert socket.ran == [0]


def test_replies_leave_before_the_next_message_may_run(socket, layer):
    with collect_sends() as pending:
        socket.run(0)
        assert layer.receive(["websocket.send!"])[1] == {"text": "0"}
    send_pending(pending)
    assert layer.receive(["websocket.send!"]) == (None, None)


def test_a_message_whose_replies_cannot_leave_is_not_done_before_they_have(
    socket, layer, monkeypatch
):
    unavailable_once(layer, "send_all", monkeypatch)
    with collect_sends() as pending:
        socket.run(0)
    assert session_for_reply_channel(REPLY).get(COUNT_KEY) is None
    send_pending(pending)
    pending.rest.action()
    assert layer.receive(["websocket.send!"])[1] == {"text": "0"}
    socket.run(1)
    assert socket.ran == [0, 1]


@pytest.mark.parametrize("action", ["set_aside", "bring_back"])
def test_nor_is_one_that_cannot_be_set_aside_or_bring_back_its_successor(
    socket, layer, monkeypatch, action
):
    socket.run(0)
    if action == "bring_back":
        socket.run(2)
    unavailable_once(layer, action, monkeypatch)
    with collect_sends() as pending:
        socket.run(2 if action == "set_aside" else 1)
    assert socket.read() == []
    pending.rest.action()
    if action == "set_aside":
        socket.run(1)
    assert socket.read() == [2]


def test_a_count_that_cannot_be_saved_is_saved_later(socket, monkeypatch):
    socket.run(0, 2)
    with monkeypatch.context() as patch, pytest.raises(DatabaseError):
        patch.setattr(SessionStore, "save", Mock(side_effect=DatabaseError("locked")))
        socket.run(1)
    wait_until(lambda: socket.read() == [2], "the next message")


def test_changes_of_the_session_do_not_turn_back_the_count(socket, layer):
    keepalive = Message({"reply_channel": REPLY}, "websocket.keepalive", layer)

    @channel_session
    def overtaken(message):
        message.channel_session["alive"] = True
        socket.run(1)

    socket.run(0)
    overtaken(keepalive)
    session = session_for_reply_channel(REPLY)
    assert (session[COUNT_KEY], session["alive"]) == (2, True)


class TestFullChannels:
    def test_what_waited_needs_no_room_for_a_worker_that_stops_could_not_wait(self, make_layer):
        layer = make_layer(channel_capacity={"websocket.receive": 0})
        socket = Socket(ChannelLayerWrapper(layer, "default", []))
        socket.run(0, 2, 3)
        socket.run(1)
        assert socket.read() == [2, 3]

    def test_a_socket_that_sends_too_much_too_early_is_closed(self, caplog):
        socket = Socket(make_layer())
        socket.run(0, 1 + MOST_EARLY)
        assert not socket.is_closed()
        socket.run(2 + MOST_EARLY)
        assert socket.is_closed()
        assert REPLY in caplog.text
        assert "too many" in caplog.text


class TestLostMessages:
    def test_a_socket_whose_message_was_lost_is_closed(self, caplog):
        socket = Socket(make_layer(expiry=0.5))
        socket.run(0, 2)
        wait_until(socket.is_closed, "the socket closed")
        assert socket.ran == [0]
        assert "message 1 did not come" in caplog.text

    def test_a_message_that_came_in_time_does_not_close_the_socket(self):
        socket = Socket(make_layer(expiry=0.2))
        other = Socket(socket.layer, "websocket.send!other")
        socket.run(0, 2, 1)
        socket.run(2)
        other.run(1)  # closed later than the first would be
        wait_until(other.is_closed, "the other socket closed")
        assert LOST_KEY not in session_for_reply_channel(REPLY)

    def test_nobody_asks_for_the_session_when_the_layer_is_gone(self, monkeypatch):
        asked = []

        def session_of(reply_channel):
            asked.append(reply_channel)
            return {LOST_KEY: True}

        monkeypatch.setattr("channels.ordering.session_for_reply_channel", session_of)
        Socket(make_layer(expiry=1)).run(1)
        gc.collect()
        other = Socket(make_layer(expiry=1), "websocket.send!other")
        other.run(1)
        wait_until(lambda: asked, "the second alarm")
        assert asked == ["websocket.send!other"]

    def test_the_disconnect_that_waited_runs_all_the_same(self, monkeypatch):
        monkeypatch.setattr("channels.ordering.PATIENCE", 0.1)  # a slow machine finds it in time
        socket = Socket(make_layer(expiry=5))
        socket.run(0, 2)
        socket.consumer(socket.message(3, "websocket.disconnect"))
        orders = []
        wait_until(
            lambda: orders.extend(socket.read("websocket.disconnect")) or orders,
            "the disconnect put back",
        )
        socket.consumer(socket.message(3, "websocket.disconnect"))
        assert socket.ran == [0, 3]

    def test_later_messages_are_dropped_and_the_disconnect_runs_at_once(self):
        socket = Socket(make_layer(expiry=0.1))
        socket.run(0, 2)
        wait_until(socket.is_closed, "the socket closed")
        socket.run(3, 1)  # the one that was waited for, too late
        socket.consumer(socket.message(4, "websocket.disconnect"))
        assert socket.ran == [0, 4]

    def test_a_disconnect_that_comes_too_early_to_wait_runs(self, socket):
        socket.run(0)
        socket.consumer(socket.message(2 + MOST_EARLY, "websocket.disconnect"))
        assert socket.ran == [0, 2 + MOST_EARLY]


def test_a_close_that_finds_no_room_is_sent_when_there_is():
    layer = make_layer(channel_capacity={"websocket.send!*": 0})
    socket = Socket(layer)
    socket.run(1 + MOST_EARLY)
    layer.channel_layer.channel_capacity = []
    wait_until(socket.is_closed, "the socket closed")


def test_a_message_waits_although_the_layer_is_away_for_a_moment(socket, layer, monkeypatch):
    outage = unavailable_once(layer, "set_aside", monkeypatch)
    socket.run(1)
    assert outage.is_set()
    socket.run(0)
    wait_until(lambda: socket.read() == [1], "the message, set aside and put back")


def test_an_outage_of_the_layer_is_waited_for(socket, layer, monkeypatch):
    monkeypatch.setattr("channels.ordering.TAKEN_SECONDS", 0.1)
    socket.run(0, 2)
    outage = unavailable_once(layer, "bring_back", monkeypatch)
    socket.run(1)
    assert outage.is_set()
    wait_until(lambda: socket.read() == [2], "the message put back")


def unavailable_once(layer, name: str, monkeypatch) -> threading.Event:
    """Lets the next call of a layer's method fail; returns what is set when it has."""
    method, outage = getattr(layer.channel_layer, name), threading.Event()

    def call(*arguments):
        if not outage.is_set():
            outage.set()
            raise LayerUnavailable
        return method(*arguments)

    monkeypatch.setattr(layer.channel_layer, name, call)
    return outage


class TestDeadWorkers:
    @pytest.fixture(params=["redis", "shards"])
    def make_socket(self, request, make_redis_layer):
        def make(**config) -> Socket:
            layer = make_redis_layer(request.param, **config)
            return Socket(ChannelLayerWrapper(layer, "default", []))

        return make

    def test_a_socket_whose_message_was_lost_is_closed_by_another_worker(
        self, make_socket, monkeypatch
    ):
        monkeypatch.setattr("channels.ordering.WATCH_SECONDS", 0.05)
        socket = make_socket(expiry=1)
        lucky = Socket(socket.layer, "websocket.send!lucky")
        with monkeypatch.context() as patch:
            patch.setattr("channels.ordering.alarms", Mock())  # they end with their process
            lucky.run(0, 2, 1, 2)
            socket.run(0, 2)
        start_watch(Mock(channel_layer=socket.layer))
        wait_until(socket.is_closed, "the socket closed")
        assert socket.ran == [0]
        assert LOST_KEY not in session_for_reply_channel(lucky.reply)

    def test_one_that_dies_while_it_brings_a_message_back_does_not_lose_it(
        self, make_socket, monkeypatch
    ):
        class Death(BaseException):
            pass

        socket = make_socket()
        socket.run(0, 2)
        with monkeypatch.context() as patch, pytest.raises(Death):
            patch.setattr(Commands, "bring_back", Mock(side_effect=Death))
            socket.run(1)
        socket.run(1)  # which it had not settled
        assert socket.ran == [0, 1]
        assert socket.read() == [2]

    @pytest.fixture
    def begin_outage(self, monkeypatch) -> Callable[[], Mock]:
        """Has nothing be brought back the next two times, with half a second between the tries."""

        def begin() -> Mock:
            failures = Mock(side_effect=[LayerUnavailable(), LayerUnavailable()])
            bring_back = Commands.bring_back

            def fail_or_bring_back(*arguments):
                with suppress(StopIteration):
                    failures()
                return bring_back(*arguments)

            monkeypatch.setattr(Commands, "bring_back", fail_or_bring_back)
            return failures

        monkeypatch.setattr("channels.ordering.TAKEN_SECONDS", 0.5)
        return begin

    def test_one_that_cannot_bring_a_message_back_for_long_does_so_in_the_end(
        self, make_socket, begin_outage
    ):
        socket = make_socket()
        socket.run(0, 2)
        outage = begin_outage()
        socket.run(1)
        wait_until(lambda: socket.read() == [2], "the message brought back")
        assert outage.call_count == 3

    def test_nor_is_one_forgotten_that_has_waited_long_enough(
        self, make_socket, begin_outage, monkeypatch
    ):
        monkeypatch.setattr("channels.ordering.PATIENCE", 0.001)
        socket = make_socket()
        socket.run(0)
        session = session_for_reply_channel(REPLY)
        outage = begin_outage()
        socket.run(2)
        session[COUNT_KEY] = 2  # it had run, and its worker died right after that
        session.save()
        wait_until(lambda: socket.read() == [2], "the message brought back")
        assert outage.call_count == 3


SOCKETS, MESSAGES = 5, 60


@pytest.fixture(params=["memory", "redis"])
def shared_layer(request):
    if request.param == "memory":
        return InMemoryChannelLayer(capacity=SOCKETS * MESSAGES)
    url, prefix = (request.getfixturevalue(name) for name in ("redis_url", "prefix"))
    return RedisChannelLayer(hosts=[url], prefix=prefix, capacity=SOCKETS * MESSAGES)


def test_many_workers_keep_the_order_of_every_socket(shared_layer):
    ran, lock = defaultdict(list), threading.Lock()
    running = defaultdict(int)

    @enforce_ordering
    def consumer(message):
        socket = message.reply_channel.name
        with lock:
            running[socket] += 1
            assert running[socket] == 1
            ran[socket].append(message["order"])
        if message["order"] % 7 == 0:
            time.sleep(0.002)
        message.reply_channel.send({"text": str(message["order"])})
        with lock:
            running[socket] -= 1

    channels = ["websocket.connect", "websocket.receive"]
    layer = ChannelLayerWrapper(shared_layer, "default", [route(channels, consumer)])
    names = [f"websocket.send.{number}" for number in range(SOCKETS)]
    for order in range(MESSAGES):
        for name in names:
            layer.send(channels[bool(order)], {"reply_channel": name, "order": order})
    one, two = (WorkerGroup(layer, signal_handlers=False, n_threads=3) for _ in range(2))
    with at_work(one), at_work(two):
        wait_until(
            lambda: all(len(ran[name]) == MESSAGES for name in names),
            "all messages run",
            seconds=120,
        )
    assert all(ran[name] == list(range(MESSAGES)) for name in names)
    for name in names:
        replies = [layer.receive([name])[1]["text"] for _ in range(MESSAGES)]
        assert replies == [str(order) for order in range(MESSAGES)]


@pytest.mark.parametrize("turns", [[0, 1, 2], [2, 1]], ids=["ready", "early"])
def test_messages_for_a_server_that_is_away_keep_no_others_waiting(
    valkey, layer_on, redis_url, prefix, turns
):
    """Of two servers one is away, and has replies and places of more sockets than threads."""
    here, frames = [name for name in map("test.{}".format, range(9)) if not shard(name, 2)][:2]
    there = [name for name in map("reply.{}".format, range(40)) if shard(name, 2)][:4]
    servers = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
    done, sockets = threading.Event(), {name: Socket(servers, name) for name in there}
    routing = [
        route(here, lambda message: done.set()),
        route(frames, lambda message: sockets[message.reply_channel.name].consumer(message)),
    ]
    layer = ChannelLayerWrapper(servers, "default", routing)

    def send(*orders: int) -> None:
        for order in orders:
            for name in there:
                layer.send(frames, {"reply_channel": name, "order": order})

    with at_work(WorkerGroup(layer, signal_handlers=False, n_threads=2)):
        valkey.kill()
        send(*turns)
        layer.send(here, {})
        assert done.wait(10)
        valkey.start()
        send(*{0, 1, 2}.difference(turns))
        for name in there:
            replies: list = []
            wait_until(lambda: read_one(layer, name, replies) == 3, "the replies")  # noqa: B023
            assert [reply["text"] for reply in replies] == ["0", "1", "2"]
            assert sockets[name].ran == [0, 1, 2]


@contextmanager
def at_work(group: WorkerGroup) -> Iterator[None]:
    """Runs a group of workers for as long as the block goes on."""
    thread = threading.Thread(target=group.run)
    thread.start()
    try:
        yield
    finally:
        group.sigterm_handler(None, None)
        thread.join()


def read_one(layer: ChannelLayerWrapper, channel: str, found: list) -> int:
    """Adds the next message of a channel to others; returns how many there are."""
    content = layer.receive([channel])[1]
    if content is not None:
        found.append(content)
    return len(found)
