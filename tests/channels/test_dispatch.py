"""Tests of channels.dispatch: one call of one consumer."""

import asyncio
import logging
import os
import sys
import threading
from contextvars import ContextVar

import pytest

from channels.channel import Channel
from channels.dispatch import Call
from channels.exceptions import ChannelSocketException, ConsumeLater, DenyConnection
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.pending import pending_sends
from channels.signals import consumer_finished, consumer_started
from tests.support.signals import connected

pytestmark = pytest.mark.usefixtures("without_database")


class Panic(BaseException):
    """As extensions in other languages raise."""


def make_call(consumer, channel: str = "test", **kwargs) -> Call:
    message = Message({"reply_channel": "back"}, channel, InMemoryChannelLayer())
    return Call(consumer, message, kwargs, "the sender")


@pytest.fixture(params=["function", "coroutine"])
def run(request):
    """Runs a consumer as a function, or as a coroutine function; returns its call."""

    def run(consumer, channel="test", **kwargs):
        if request.param == "function":
            call = make_call(consumer, channel, **kwargs)
            call.run()
            return call

        async def coroutine(message, **kwargs):
            return consumer(message, **kwargs)

        call = make_call(coroutine, channel, **kwargs)
        asyncio.run(call.run_async())
        return call

    return run


@pytest.fixture
def events():
    """The signals that were sent."""
    seen = []

    def started(**kwargs):
        seen.append(("started", kwargs["sender"], kwargs["environ"]))

    def finished(**kwargs):
        seen.append(("finished", kwargs["sender"]))

    with connected(consumer_started, started), connected(consumer_finished, finished):
        yield seen


def raising(error):
    def consumer(message, **kwargs):
        message.reply_channel.send({"before": True})
        raise error

    return consumer


def test_the_consumer_gets_the_message_and_what_the_filters_matched(run):
    seen = []
    call = run(lambda message, **kwargs: seen.append((message, kwargs)), room="bees")
    assert seen == [(call.message, {"room": "bees"})]
    assert not call.put_back


def test_what_it_sends_is_kept(run):
    call = run(lambda message: message.reply_channel.send({"value": 1}))
    assert [item.name for _, item in call.pending] == ["back"]
    assert call.message.channel_layer.receive(["back"]) == (None, None)
    assert pending_sends.get() is None


def test_signals_come_before_and_after(run, events):
    run(lambda message: events.append("call"))
    assert events == [("started", "the sender", {}), "call", ("finished", "the sender")]


def test_receivers_of_both_signals_share_the_consumers_context(run):
    began = ContextVar("began")
    seen = []

    def started(**kwargs):
        began.set("at the start")

    def finished(**kwargs):
        seen.append(began.get())

    with connected(consumer_started, started), connected(consumer_finished, finished):
        run(lambda message: seen.append(began.get()))
    assert seen == ["at the start", "at the start"]


@pytest.mark.parametrize(
    "error",
    [LookupError("a mistake"), SystemExit(1), asyncio.CancelledError(), GeneratorExit(), Panic()],
)
def test_what_it_raises_is_logged_and_what_it_sent_is_kept(run, events, caplog, logged, error):
    call = run(raising(error))
    assert "Error processing message on test with consumer" in caplog.text
    assert logged()[0].channel == "test"
    assert len(call.pending) == 1
    assert events[-1] == ("finished", "the sender")


def test_ctrl_c_ends_the_worker():
    call = make_call(raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        call.run()
    assert pending_sends.get() is None


def test_but_not_from_a_thread_where_nobody_can_press_it(caplog):
    call = make_call(raising(KeyboardInterrupt()))
    thread = threading.Thread(target=call.run)
    thread.start()
    thread.join()
    assert "Error processing message on test with consumer" in caplog.text


@pytest.mark.parametrize(("code", "status"), [(3, 3), (None, 0), ("a mistake", 1)])
def test_a_child_that_a_consumer_forks_ends_as_it_says(code, status):
    def fork(message):
        child = os.fork()
        if not child:
            sys.exit(code)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    statuses = []
    make_call(fork).run()
    assert statuses == [status]


@pytest.mark.parametrize(("action", "status"), [(len, 1), (id, 0)])
def test_a_child_that_a_consumer_forks_is_no_worker_however_it_ends(action, status):
    def fork(message):
        child = os.fork()
        if child:
            statuses.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        else:
            action(5)  # which raises, or returns

    statuses, process = [], os.getpid()
    make_call(fork).run()
    if os.getpid() != process:
        os._exit(99)
    assert statuses == [status]


def test_what_outlives_a_consumer_sends_by_itself():
    layer = InMemoryChannelLayer()
    go_on = threading.Event()

    def late():
        go_on.wait(30)
        Channel("late", channel_layer=layer).send({})

    async def consumer(message):
        consumer.task = asyncio.ensure_future(asyncio.to_thread(late))

    async def run():
        call = make_call(consumer)
        await call.run_async()
        go_on.set()
        await consumer.task
        return call

    assert asyncio.run(run()).pending == []
    assert layer.receive(["late"]) == ("late", {})


def test_consume_later_asks_for_the_message_to_be_put_back(run, logged):
    call = run(raising(ConsumeLater()))
    assert call.put_back
    assert logged() == []


def test_deny_connection_closes_a_connecting_socket(run, logged):
    call = run(raising(DenyConnection()), channel="websocket.connect")
    messages = [item for _, item in call.pending]
    call.message.channel_layer.send_all(messages)
    layer = call.message.channel_layer
    assert [layer.receive(["back"])[1] for _ in range(2)] == [{"before": True}, {"close": True}]
    assert logged() == []


def test_deny_connection_elsewhere_is_a_mistake(run, caplog):
    call = run(raising(DenyConnection()), channel="websocket.receive")
    assert len(call.pending) == 1
    assert "was raised for a message on 'websocket.receive'" in caplog.text


def test_a_socket_exception_does_its_work(run):
    class Reply(ChannelSocketException):
        def run(self, message):
            message.reply_channel.send({"text": "from the exception"})

    assert len(run(raising(Reply())).pending) == 2


def test_a_socket_exception_that_fails_is_logged(run, caplog):
    run(raising(ChannelSocketException()))
    assert "must define run(message)" in caplog.text


def test_a_receiver_that_fails_before_keeps_the_consumer_from_running(run, caplog):
    def fail(**kwargs):
        raise LookupError("no database")

    calls = []
    with connected(consumer_started, fail):
        run(calls.append)
    assert calls == []
    assert "no database" in caplog.text


def test_a_receiver_that_fails_afterwards_keeps_nobody_elses_from_running(run, caplog, events):
    def fail(**kwargs):
        raise LookupError("no database")

    with connected(consumer_finished, fail):
        call = run(lambda message: message.reply_channel.send({}))
    assert ("finished", "the sender") in events
    assert "no database" in caplog.text
    assert len(call.pending) == 1


def test_what_receivers_send_leaves_with_the_rest(run):
    def send(**kwargs):
        Channel("audit", channel_layer=InMemoryChannelLayer()).send({})

    with connected(consumer_finished, send):
        call = run(lambda message: None)
    assert [item.name for _, item in call.pending] == ["audit"]


def test_nothing_is_logged_for_a_consumer_that_works(run, caplog):
    with caplog.at_level(logging.DEBUG, "django.channels"):
        run(lambda message: None)
    assert [record for record in caplog.records if record.name == "django.channels"] == []
