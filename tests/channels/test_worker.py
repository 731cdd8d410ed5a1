"""Tests of channels.worker: messages are taken, consumers run, and nothing ends the worker."""

import asyncio
import logging
import os
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from unittest.mock import Mock

import pytest
from asgiref.sync import sync_to_async

from channels.channel import Channel, Group
from channels.exceptions import ConsumeLater, DenyConnection, WebsocketCloseException
from channels.layers.exceptions import LayerUnavailable
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from channels.routing import route
from channels.signals import consumer_finished, consumer_started, worker_ready
from channels.supply import Supply
from channels.worker import Worker, WorkerGroup
from tests.support.layers import maker_of
from tests.support.signals import connected
from tests.support.waiting import wait_until
from tests.support.workers import working, wrap

pytestmark = pytest.mark.usefixtures("without_database", "short_waits")


@pytest.fixture(params=["memory", "redis", "shards"])
def make_layer(request):
    """Makes layers; that messages are encrypted makes no difference to a worker."""
    return maker_of(request)


class Recorder:
    """A consumer that notes the messages it was called with."""

    def __init__(self):
        self.messages = []

    def __call__(self, message, **kwargs):
        self.messages.append(message)

    @property
    def values(self) -> list:
        return [message.content.get("value") for message in self.messages]

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.messages) >= count, f"{count} messages")


class ReadsAhead:
    """A consumer that is quick until its worker reads ahead, and then slow with one message.

    Arguments:
        batch: what is sent at once then; "slow" among it runs until `go_on` is set.
    """

    def __init__(self, layer, batch):
        self.layer = layer
        self.batch = batch
        self.slow_runs, self.go_on = threading.Event(), threading.Event()
        self.calls = 0

    def make_it_read_ahead(self):
        self.layer.send("test", {"value": "again"})

    def __call__(self, message):
        if message["value"] == "slow":
            self.slow_runs.set()
            self.go_on.wait(90)
        if message["value"] != "again":
            message.reply_channel.send({"value": message["value"]})
            return
        self.calls += 1
        if self.calls < 100:
            message.channel.send({"value": "again"})
        else:
            self.layer.send_all([to_test(value) for value in self.batch])


def take(layer, channel: str) -> dict:
    """Returns the next message of a channel, waiting for it and for the layer."""

    def receive() -> list[dict]:
        try:
            message = layer.receive([channel])[1]
        except LayerUnavailable:
            return []
        return [] if message is None else [message]

    return wait_until(receive, f"a message on {channel}")[0]


class TestRunning:
    def test_a_consumer_is_called_with_each_message_in_order(self, layer):
        consumer = Recorder()
        for value in range(5):
            layer.send("test", {"value": value})
        with working(layer, {"test": consumer}):
            consumer.wait_for(5)
        assert consumer.values == list(range(5))
        message = consumer.messages[0]
        assert message.channel.name == "test"
        assert message.reply_channel is None

    def test_what_the_filters_match_becomes_arguments(self, layer):
        seen = []
        routing = [
            route("test", lambda message, room: seen.append(room), path=r"^/chat/(?P<room>\w+)/$")
        ]
        layer.send("test", {"path": "/chat/bees/"})
        with working(layer, routing):
            wait_until(lambda: seen, "the call")
        assert seen == ["bees"]

    def test_sends_leave_when_the_consumer_returns(self, layer):
        sending, go_on = threading.Event(), threading.Event()

        def consumer(message):
            Channel("out", channel_layer=message.channel_layer).send({"number": 1})
            Group("out", channel_layer=message.channel_layer).send({"number": 2})
            Channel("now", channel_layer=message.channel_layer).send({}, immediately=True)
            sending.set()
            go_on.wait(30)

        layer.group_add("out", "out")
        layer.send("test", {})
        with working(layer, {"test": consumer}):
            assert sending.wait(30)
            assert layer.receive(["now"]) == ("now", {})
            assert layer.receive(["out"]) == (None, None)
            go_on.set()
            assert take(layer, "out") == {"number": 1}
            assert take(layer, "out") == {"number": 2}

    def test_sends_of_a_consumer_that_raises_leave_all_the_same(self, layer, caplog):
        def consumer(message):
            message.reply_channel.send({"number": 1})
            raise LookupError("a mistake")

        layer.send("test", {"reply_channel": "out"})
        with working(layer, {"test": consumer}):
            assert take(layer, "out") == {"number": 1}
        assert "a mistake" in caplog.text

    def test_sends_to_another_layer_leave_too(self, layer):
        other = InMemoryChannelLayer()

        def consumer(message):
            Channel("out", channel_layer=other).send({"number": 1})
            message.reply_channel.send({"number": 2})

        layer.send("test", {"reply_channel": "back"})
        with working(layer, {"test": consumer}):
            assert take(layer, "back") == {"number": 2}
            assert take(other, "out") == {"number": 1}

    def test_a_consumer_may_send_to_itself(self, layer):
        def count_down(message):
            if message["value"]:
                message.channel.send({"value": message["value"] - 1})
            else:
                Channel("out", channel_layer=message.channel_layer).send({})

        layer.send("test", {"value": 5})
        with working(layer, {"test": count_down}):
            assert take(layer, "out") == {}

    def test_the_callback_sees_every_message_first(self, layer):
        consumer, seen = Recorder(), []
        layer.send("test", {"value": 1})
        callback = lambda channel, message: seen.append((channel, message["value"]))  # noqa: E731
        with working(layer, {"test": consumer}, callback=callback):
            consumer.wait_for(1)
        assert seen == [("test", 1)]

    def test_channels_are_chosen_by_globs(self, layer):
        routing = {name: Recorder() for name in ("http.request", "http.disconnect", "ws.receive")}
        for name in routing:
            layer.send(name, {})
        with working(layer, routing, only_channels=["http.*"], exclude_channels=["*.disconnect"]):
            routing["http.request"].wait_for(1)
        assert len(routing["http.disconnect"].messages) == 0
        assert len(routing["ws.receive"].messages) == 0

    def test_a_subclass_may_limit_the_number_of_turns(self):
        class TwoTurns(Worker):
            """As tests of 1.x applications do it."""

            turns = 2

            @property
            def termed(self):
                self.turns -= 1
                return self.turns < 0

            @termed.setter
            def termed(self, value):
                """Stops when it has had its turns."""

        tries = []

        def consumer(message):
            tries.append(1)
            if len(tries) == 1:
                raise ConsumeLater

        layer = InMemoryChannelLayer()
        layer.send("test", {})
        TwoTurns(wrap(layer, {"test": consumer}), signal_handlers=False).run()
        assert len(tries) == 2

    def test_signals_frame_every_call(self, layer):
        events = []

        def started(sender, environ, **kwargs):
            events.append(("started", sender, environ))

        def finished(sender, **kwargs):
            events.append(("finished", sender))

        layer.send("test", {})
        with (
            connected(consumer_started, started),
            connected(consumer_finished, finished),
            working(layer, {"test": lambda message: events.append("call")}),
        ):
            wait_until(lambda: len(events) == 3, "three events")
        assert events == [("started", Worker, {}), "call", ("finished", Worker)]

    def test_replies_of_a_quick_consumer_do_not_wait_for_a_slow_one(self, layer):
        consumer = ReadsAhead(layer, ["quick", "slow", "behind"])
        with working(layer, {"test": consumer}):
            consumer.make_it_read_ahead()
            assert consumer.slow_runs.wait(30)
            assert take(layer, "out") == {"value": "quick"}
            consumer.go_on.set()
            rest = {take(layer, "out")["value"] for _ in range(2)}
        assert rest == {"slow", "behind"}


class TestFaults:
    @pytest.mark.parametrize(
        "error", [LookupError("a mistake"), SystemExit(3), asyncio.CancelledError()], ids=repr
    )
    def test_a_consumer_that_raises_is_logged_by_name_and_the_worker_goes_on(
        self, layer, caplog, error
    ):
        consumer = Recorder()

        def fail(message):
            raise error

        layer.send("test", {})
        with working(layer, {"test": fail, "next": consumer}):
            wait_until(lambda: "fail" in caplog.text, "the log line")
            layer.send("next", {})
            consumer.wait_for(1)
        assert "Error processing message on test with consumer" in caplog.text

    def test_a_message_that_nobody_routes_is_logged_and_gone(self, layer, caplog):
        consumer = Recorder()
        layer.send("test", {"path": "/nowhere/"})
        with working(layer, [route("test", consumer, path="^/here/$")]):
            layer.send("test", {"path": "/here/"})
            consumer.wait_for(1)
        assert "No consumer for a message on test (path '/nowhere/')" in caplog.text
        assert layer.receive(["test"]) == (None, None)

    def test_a_message_that_cannot_be_routed_is_logged_and_gone(self, layer, caplog):
        consumer = Recorder()
        layer.send("test", {"reply_channel": b"\xff"})
        layer.send("test", {"value": 1})
        with working(layer, {"test": consumer}):
            consumer.wait_for(1)
        assert consumer.values == [1]
        assert "Error routing a message on test" in caplog.text

    def test_a_callback_that_raises_harms_one_message_only(self, layer, caplog):
        consumer = Recorder()

        def callback(channel, message):
            if message["value"] == 1:
                raise LookupError("a mistake")

        layer.send("test", {"value": 1})
        layer.send("test", {"value": 2})
        with working(layer, {"test": consumer}, callback=callback):
            consumer.wait_for(1)
        assert consumer.values == [2]
        assert "a mistake" in caplog.text

    def test_a_signal_receiver_that_raises_is_logged_and_the_worker_goes_on(self, layer, caplog):
        consumer = Recorder()

        def fail(**kwargs):
            raise LookupError("a mistake in a receiver")

        layer.send("test", {})
        layer.send("test", {})
        with connected(consumer_finished, fail), working(layer, {"test": consumer}):
            consumer.wait_for(2)
        assert "a mistake in a receiver" in caplog.text

    def test_a_full_reply_channel_harms_only_its_reader(self, make_layer, monkeypatch, caplog):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.2)
        layer = make_layer(capacity=1)
        layer.send("full", {})
        consumer = Recorder()

        def reply(message):
            message.reply_channel.send({"lost": True})

        layer.send("test", {"reply_channel": "full"})
        with working(layer, {"test": reply, "next": consumer}):
            layer.send("next", {})
            consumer.wait_for(1)
            wait_until(lambda: "Dropped a message to channel 'full'" in caplog.text, "the log")
        assert "channel_capacity" in caplog.text

    def test_a_full_reply_channel_that_is_read_in_time_loses_nothing(self, make_layer):
        layer = make_layer(capacity=1)
        taken = threading.Event()

        def reply(message):
            message.reply_channel.send({"first": False})
            taken.set()

        layer.send("full", {"first": True})
        layer.send("test", {"reply_channel": "full"})
        with working(layer, {"test": reply}):
            assert taken.wait(30)
            assert take(layer, "full") == {"first": True}
            assert take(layer, "full") == {"first": False}


class TestSteering:
    def test_consume_later_puts_the_message_back_ten_times(self, layer, caplog):
        tries = []

        def consumer(message):
            tries.append(message["value"])
            raise ConsumeLater

        layer.send("test", {"value": 1})
        with working(layer, {"test": consumer}):
            wait_until(lambda: "put back 10 times" in caplog.text, "the log line")
        assert tries == [1] * 11
        assert layer.receive(["test"]) == (None, None)

    def test_a_client_whose_message_is_dropped_is_told(self, layer, monkeypatch):
        told = []
        monkeypatch.setattr(layer, "tell_lost", told.append)

        def consumer(message):
            raise ConsumeLater

        layer.send("websocket.receive", {"reply_channel": "process!1"})
        with working(layer, {"websocket.receive": consumer}):
            wait_until(lambda: told, "the news")
        assert told == ["process!1"]

    def test_consume_later_lets_others_go_first(self, layer):
        seen = []

        def consumer(message):
            if message["value"] == "early" and "late" not in seen:
                raise ConsumeLater
            seen.append(message["value"])

        layer.send("test", {"value": "early"})
        layer.send("test", {"value": "late"})
        with working(layer, {"test": consumer}):
            wait_until(lambda: len(seen) == 2, "both messages")
        assert seen == ["late", "early"]

    def test_the_number_of_tries_is_a_setting(self, layer, caplog):
        tries = []

        def consumer(message):
            tries.append(1)
            raise ConsumeLater

        layer.send("test", {})
        with working(layer, {"test": consumer}, message_retries=2):
            wait_until(lambda: "put back 2 times" in caplog.text, "the log line")
        assert len(tries) == 3

    def test_a_message_changed_beyond_encoding_cannot_be_put_back(self, layer, caplog):
        consumer = Recorder()

        def change(message):
            message.content["value"] = object()
            raise ConsumeLater

        layer.send("test", {})
        with working(layer, {"test": change, "next": consumer}):
            layer.send("next", {})
            consumer.wait_for(1)
            wait_until(lambda: "Dropped a message on test" in caplog.text, "the log line")

    def test_deny_connection_refuses_a_connecting_socket(self, layer):
        def refuse(message):
            raise DenyConnection("not you")

        layer.send("websocket.connect", {"reply_channel": "out"})
        with working(layer, {"websocket.connect": refuse}):
            assert take(layer, "out") == {"close": True}

    @pytest.mark.parametrize(
        ("channel", "content"),
        [("websocket.receive", {"reply_channel": "out"}), ("websocket.connect", {})],
        ids=["on an open socket", "without a reply channel"],
    )
    def test_deny_connection_elsewhere_is_a_mistake_that_is_explained(
        self, layer, caplog, channel, content
    ):
        consumer = Recorder()

        def refuse(message):
            raise DenyConnection

        layer.send(channel, content)
        with working(layer, {channel: refuse, "next": consumer}):
            wait_until(lambda: "DenyConnection is for consumers of" in caplog.text, "the log line")
            layer.send("next", {})
            consumer.wait_for(1)
        assert layer.receive(["out"]) == (None, None)

    def test_a_close_exception_closes_the_socket(self, layer):
        def leave(message):
            raise WebsocketCloseException(4001)

        layer.send("websocket.receive", {"reply_channel": "out"})
        with working(layer, {"websocket.receive": leave}):
            assert take(layer, "out") == {"close": 4001}


class TestCoroutines:
    def test_they_run_beside_each_other_and_beside_functions(self, layer):
        together, go_on = threading.Barrier(2, timeout=30), threading.Event()

        async def consumer(message):
            await asyncio.to_thread(together.wait)
            await asyncio.to_thread(go_on.wait, 30)
            message.reply_channel.send({"value": message["value"]})

        for value in (1, 2):
            layer.send("async", {"value": value, "reply_channel": "out"})
        with working(layer, {"async": consumer, "sync": lambda message: go_on.set()}):
            layer.send("sync", {})
            values = {take(layer, "out")["value"] for _ in range(2)}
        assert values == {1, 2}

    def test_a_coroutine_method_of_an_object_runs_too(self, layer):
        class Consumer:
            async def __call__(self, message):
                message.reply_channel.send({"value": 1})

        layer.send("test", {"reply_channel": "out"})
        with working(layer, {"test": Consumer().__call__}):
            assert take(layer, "out") == {"value": 1}

    def test_a_consumer_that_has_no_hash_is_called_too(self, layer):
        @dataclass
        class Consumer:
            value: int

            def __call__(self, message):
                message.reply_channel.send({"value": self.value})

        layer.send("test", {"reply_channel": "out"})
        with working(layer, {"test": Consumer(1)}):
            assert take(layer, "out") == {"value": 1}

    @pytest.mark.parametrize(
        "error", [LookupError("a mistake"), SystemExit(3), asyncio.CancelledError()], ids=repr
    )
    def test_one_that_raises_is_logged_and_settled(self, layer, caplog, error):
        async def fail(message):
            message.reply_channel.send({"value": 1})
            raise error

        layer.send("test", {"reply_channel": "out"})
        with working(layer, {"test": fail}):
            assert take(layer, "out") == {"value": 1}
        assert "Error processing message on test" in caplog.text
        with working(layer, {"test": fail}):
            assert layer.receive(["out"]) == (None, None)

    def test_consume_later_puts_its_message_back(self, layer):
        tries = []

        async def consumer(message):
            tries.append(1)
            if len(tries) < 3:
                raise ConsumeLater

        layer.send("test", {})
        with working(layer, {"test": consumer}):
            wait_until(lambda: len(tries) == 3, "three tries")

    def test_sends_of_several_do_not_mix(self, layer):
        async def consumer(message):
            for number in range(5):
                message.reply_channel.send({"number": number})
                await asyncio.sleep(0)

        for name in ("one", "two"):
            layer.send("test", {"reply_channel": name})
        with working(layer, {"test": consumer}):
            for name in ("one", "two"):
                assert [take(layer, name)["number"] for _ in range(5)] == list(range(5))

    def test_signals_are_sent_where_its_database_connections_are(self, layer):
        threads = []

        def note_thread(**kwargs):
            threads.append(threading.get_ident())

        async def consumer(message):
            await sync_to_async(note_thread)()

        layer.send("test", {})
        with (
            connected(consumer_started, note_thread),
            connected(consumer_finished, note_thread),
            working(layer, {"test": consumer}),
        ):
            wait_until(lambda: len(threads) == 3, "three notes")
        assert len(set(threads)) == 1

    def test_the_worker_waits_for_them_before_it_stops(self, layer):
        running, go_on = threading.Event(), threading.Event()

        async def consumer(message):
            running.set()
            await asyncio.to_thread(go_on.wait, 30)
            message.reply_channel.send({"value": 1})

        layer.send("test", {"reply_channel": "out"})
        with working(layer, {"test": consumer}) as worker:
            assert running.wait(30)
            worker.termed = True
            time.sleep(0.1)
            go_on.set()
        assert layer.receive(["out"]) == ("out", {"value": 1})


class TestStopping:
    def test_the_running_consumer_finishes_and_the_rest_stays_for_others(self, layer):
        running, go_on = threading.Event(), threading.Event()
        calls = []

        def consumer(message):
            calls.append(message["value"])
            running.set()
            go_on.wait(30)
            message.reply_channel.send({"value": message["value"]})

        for value in range(3):
            layer.send("test", {"value": value, "reply_channel": "out"})
        with working(layer, {"test": consumer}) as worker:
            assert running.wait(30)
            worker.sigterm_handler(signal.SIGTERM, None)
            go_on.set()
        assert calls == [0]
        assert layer.receive(["out"]) == ("out", {"value": 0})
        others = Recorder()
        with working(layer, {"test": others}):
            others.wait_for(2)
        assert sorted(others.values) == [1, 2]

    def test_what_was_read_ahead_of_a_slow_consumer_goes_to_others(self, layer):
        consumer, others = ReadsAhead(layer, ["slow", 1, 2]), Recorder()
        with working(layer, {"test": consumer}):
            consumer.make_it_read_ahead()
            assert consumer.slow_runs.wait(30)
            with working(layer, {"test": others}):
                others.wait_for(2)
            consumer.go_on.set()
        assert sorted(others.values) == [1, 2]

    def test_signals_stop_it(self, redis_layer):
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        consumer = Recorder()
        worker = Worker(wrap(redis_layer, {"test": consumer}))
        timer = threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGTERM])
        try:
            timer.start()
            worker.run()
        finally:
            timer.join()
            signal.signal(signal.SIGTERM, before[0])
            signal.signal(signal.SIGINT, before[1])
        assert worker.termed
        assert not worker.in_job

    def test_it_says_whether_it_waits(self, caplog):
        caplog.set_level(logging.INFO)
        worker = Worker(wrap(InMemoryChannelLayer(), {}), signal_handlers=False)
        worker.sigterm_handler(signal.SIGTERM, None)
        assert "stopping" in caplog.text
        worker.in_job = True
        worker.sigterm_handler(signal.SIGTERM, None)
        assert "waiting for the running consumer" in caplog.text

    def test_it_stops_also_where_nothing_can_be_logged(self, monkeypatch):
        worker = Worker(wrap(InMemoryChannelLayer(), {}), signal_handlers=False)
        reentrant = RuntimeError("reentrant call inside <_io.BufferedWriter name='<stderr>'>")
        monkeypatch.setattr("channels.worker.logger.info", Mock(side_effect=reentrant))
        worker.sigterm_handler(signal.SIGTERM, None)
        assert worker.termed

    def test_many_threads_stop_together(self, layer):
        consumer = Recorder()
        layer.send("test", {"value": 1})
        with working(layer, {"test": consumer}, threads=8) as group:
            consumer.wait_for(1)
        assert len(group.threads) == 7
        assert not any(thread.is_alive() for thread in group.threads)

    def test_a_worker_in_a_job_says_so(self, layer):
        jobs = []
        with working(layer, {"test": lambda message: jobs.append(worker.in_job)}) as worker:
            layer.send("test", {})
            wait_until(lambda: jobs, "the call")
            wait_until(lambda: not worker.in_job, "the end of the call")
        assert jobs == [True]


class TestOutages:
    """A real server that goes away under four threads."""

    def test_all_threads_go_on_after_a_restart_that_forgot_everything(self, valkey, layer_on):
        layer, consumer = layer_on(valkey), Recorder()
        with working(layer, {"test": consumer}, threads=4):
            layer.send("test", {"value": "before"})
            consumer.wait_for(1)
            valkey.restart()
            send_when_back(layer, [to_test(value) for value in range(20)])
            consumer.wait_for(21)
        assert Counter(consumer.values) == Counter(["before", *range(20)])

    def test_what_runs_meanwhile_is_answered_once_afterwards(self, valkey, layer_on):
        layer = layer_on(valkey)
        running, go_on = threading.Event(), threading.Event()

        def consumer(message):
            running.set()
            go_on.wait(60)
            message.reply_channel.send({"value": message["value"]})

        layer.send_all([to_test("before")])
        with working(layer, {"test": consumer}, threads=2):
            assert running.wait(30)
            valkey.stop()
            go_on.set()
            valkey.start()
            assert take(layer, "out") == {"value": "before"}
            send_when_back(layer, [to_test("after")])
            assert take(layer, "out") == {"value": "after"}
        assert layer.receive(["out"]) == (None, None)

    def test_it_stops_while_the_layer_is_away(self, valkey, layer_on, caplog):
        layer = layer_on(valkey)
        with working(layer, {"test": Recorder()}, threads=3):
            valkey.stop()
            wait_until(lambda: "unavailable, will keep trying" in caplog.text, "the log line")

    def test_what_is_for_a_layer_that_does_not_come_back_runs_again_elsewhere(
        self, redis_layer, valkey, layer_on, caplog
    ):
        other = layer_on(valkey)

        def consumer(message):
            Channel("out", channel_layer=other).send({"value": message["value"]})
            Channel("own", channel_layer=redis_layer).send({})

        redis_layer.send("test", {"value": 1})
        valkey.stop()
        with working(redis_layer, {"test": consumer}):
            wait_until(lambda: "unavailable, will keep trying" in caplog.text, "the log line")
        valkey.start()
        assert redis_layer.receive(["own"]) == (None, None)
        with working(redis_layer, {"test": consumer}):
            assert take(other, "out") == {"value": 1}
            assert take(redis_layer, "own") == {}


class TestWorkerGroup:
    def test_its_threads_run_consumers_at_the_same_time(self, layer):
        together = threading.Barrier(4, timeout=30)
        done = []

        def consumer(message):
            together.wait()
            done.append(message["value"])

        for value in range(4):
            layer.send("test", {"value": value})
        with working(layer, {"test": consumer}, threads=4):
            wait_until(lambda: len(done) == 4, "all four")
        assert sorted(done) == [0, 1, 2, 3]

    def test_three_workers_of_four_threads_run_every_message_once(self, make_layer):
        layer = make_layer(capacity=1000)
        lock, counts = threading.Lock(), Counter()

        def consumer(message):
            if message["value"] % 50 == 0:
                time.sleep(0.02)  # now and then one that makes the others go round it
            message.reply_channel.send({"value": message["value"]})
            with lock:
                counts[message["value"]] += 1

        with ExitStack() as stack:
            for _ in range(3):
                stack.enter_context(working(layer, {"test": consumer}, threads=4))
            for start in range(0, 600, 100):
                items = [to_test(value) for value in range(start, start + 100)]
                assert layer.send_all(items) == []
            wait_until(lambda: len(counts) == 600, "all messages")
            replies = Counter(take(layer, "out")["value"] for _ in range(600))
        assert counts == replies == Counter(range(600))
        assert layer.receive(["out", "test"]) == (None, None)

    def test_a_mistake_that_ends_one_of_them_ends_the_process(self, layer, monkeypatch):
        next_message = Supply.next

        def fail_beside(supply, results):
            if threading.current_thread() is not threading.main_thread():
                raise ValueError("a mistake of ours")
            return next_message(supply, results)

        monkeypatch.setattr(Supply, "next", fail_beside)
        group = WorkerGroup(wrap(layer, {"test": print}), signal_handlers=False, n_threads=3)
        with pytest.raises(ValueError, match="a mistake of ours"):
            group.run()

    def test_every_thread_tells_that_it_is_ready(self):
        ready = []

        def note(sender, **kwargs):
            ready.append(sender)

        group = WorkerGroup(wrap(InMemoryChannelLayer(), {}), n_threads=3)
        with connected(worker_ready, note):
            group.ready()
        assert ready == [group, *group.workers]
        assert len(ready) == 3

    def test_it_has_a_thread_for_every_processor_unless_told_otherwise(self, monkeypatch):
        monkeypatch.setattr("multiprocessing.cpu_count", lambda: 5)
        group = WorkerGroup(wrap(InMemoryChannelLayer(), {}), signal_handlers=False)
        assert len(group.workers) == 4


class TestChannelFilters:
    def test_they_keep_what_is_wanted_and_not_excluded(self):
        names = ["yes.1", "yes.2", "no.1", "maybe.2"]

        def filtered(**options):
            worker = Worker(wrap(InMemoryChannelLayer(), {}), signal_handlers=False, **options)
            return worker.apply_channel_filters(names)

        assert filtered() == names
        assert filtered(only_channels=["yes.*"]) == ["yes.1", "yes.2"]
        assert filtered(exclude_channels=["no.*"]) == ["yes.1", "yes.2", "maybe.2"]
        assert filtered(only_channels=["yes.*", "no.*"], exclude_channels=["*.1"]) == ["yes.2"]

    def test_a_worker_that_is_left_without_channels_says_so(self, layer):
        worker = Worker(wrap(layer, {"test": Recorder()}), only_channels=["tset"])
        with pytest.raises(ValueError, match=r"tset.*test"):
            worker.run()


def send_when_back(layer, items) -> None:
    """Sends as soon as the layer answers."""

    def answers() -> bool:
        try:
            layer.ping()
        except LayerUnavailable:
            return False
        return True

    wait_until(answers, "the layer")
    assert layer.send_all(items) == []


def to_test(value):
    """Returns a send to the channel `test` that asks for a reply on `out`."""
    return Outgoing.to_channel("test", {"value": value, "reply_channel": "out"})
