"""Tests of channels.interface.outlet: what a socket is sent, through plain ASGI 3."""

import asyncio

import pytest

from channels.interface import outlet
from channels.interface.frames import Frame
from channels.interface.outlet import AsgiOutlet
from tests.support.clock import Clock
from tests.support.waiting import eventually


class Sender:
    """An ASGI `send` whose client reads or does not."""

    def __init__(self):
        self.events = []
        self.reading = asyncio.Event()

    async def __call__(self, event):
        await self.reading.wait()
        self.events.append(event)


def run(scenario, extensions=None):
    """Runs a scenario with an outlet, its sender and the task that serves it."""

    async def main():
        sender = Sender()
        serving = asyncio.ensure_future(asyncio.sleep(3600))
        try:
            await scenario(AsgiOutlet(sender, extensions, serving), sender, serving)
        finally:
            serving.cancel()

    asyncio.run(main())


def test_events_leave_in_order():
    async def scenario(way, sender, serving):
        sender.reading.set()
        way.accept("chat")
        way.send(Frame("hi"))
        way.send(Frame(b""))
        way.close(4000)
        await eventually(lambda: len(sender.events) == 4, "the events")
        assert sender.events == [
            {"type": "websocket.accept", "subprotocol": "chat"},
            {"type": "websocket.send", "text": "hi"},
            {"type": "websocket.send", "bytes": b""},
            {"type": "websocket.close", "code": 4000},
        ]
        assert not way.stalled()

    run(scenario)


@pytest.mark.parametrize(
    ("status", "extensions", "kinds"),
    [
        (403, {"websocket.http.response": {}}, ["websocket.close"]),
        (503, None, ["websocket.close"]),
        (
            503,
            {"websocket.http.response": {}},
            ["websocket.http.response.start", "websocket.http.response.body"],
        ),
    ],
)
def test_a_handshake_is_refused_as_well_as_the_server_can(status, extensions, kinds):
    async def scenario(way, sender, serving):
        sender.reading.set()
        way.refuse(status)
        await eventually(lambda: len(sender.events) == len(kinds), "the refusal")
        assert [event["type"] for event in sender.events] == kinds
        assert sender.events[0].get("status") in (None, status)

    run(scenario, extensions)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(outlet, "time", clock)
    return clock


class TestStalled:
    def test_too_much_waits(self):
        async def scenario(way, sender, serving):
            for _ in range(2):
                way.send(Frame(bytes(outlet.BACKLOG_BYTES)))
                assert not way.stalled()
            way.send(Frame("x"))
            assert way.stalled()

        run(scenario)

    def test_a_large_one_may_be_sent_and_small_ones_behind_it(self):
        async def scenario(way, sender, serving):
            way.accept(None)
            way.send(Frame(bytes(16 * outlet.BACKLOG_BYTES)))
            way.send(Frame(bytes(outlet.BACKLOG_BYTES)))
            way.send(Frame("x"))
            assert not way.stalled()
            sender.reading.set()
            await eventually(lambda: len(sender.events) == 4, "the client to catch up")
            assert not way.stalled()

        run(scenario)

    def test_another_large_one_may_not(self):
        async def scenario(way, sender, serving):
            for _ in range(2):
                way.send(Frame(bytes(outlet.BACKLOG_BYTES + 1)))
            assert way.stalled()

        run(scenario)

    def test_a_large_one_takes_its_time(self, clock):
        async def scenario(way, sender, serving):
            way.send(Frame(bytes(9 * outlet.BACKLOG_BYTES)))
            clock.now += 9 * outlet.BACKLOG_SECONDS
            assert not way.stalled()
            clock.now += 2 * outlet.BACKLOG_SECONDS
            assert way.stalled()

        run(scenario)

    def test_nothing_is_added_to_what_is_too_much_and_the_gap_is_not_forgotten(self):
        async def scenario(way, sender, serving):
            for _ in range(9):
                way.send(Frame(bytes(outlet.BACKLOG_BYTES)))
            sender.reading.set()
            await eventually(lambda: len(sender.events) == 2, "what was there to be sent")
            assert way.stalled()
            way.send(Frame("behind the gap"))
            await asyncio.sleep(0.01)
            assert len(sender.events) == 2

        run(scenario)

    def test_it_waits_for_too_long(self, monkeypatch):
        async def scenario(way, sender, serving):
            way.send(Frame("x"))
            assert not way.stalled()
            monkeypatch.setattr(outlet, "BACKLOG_SECONDS", 0)
            await asyncio.sleep(0.01)
            assert way.stalled()

        run(scenario)

    def test_nothing_waits_however_long_ago_the_last_was_sent(self, monkeypatch):
        async def scenario(way, sender, serving):
            monkeypatch.setattr(outlet, "BACKLOG_SECONDS", 0)
            sender.reading.set()
            way.send(Frame("x"))
            await eventually(lambda: sender.events, "the frame")
            await asyncio.sleep(0.01)
            assert not way.stalled()

        run(scenario)


def test_to_abort_drops_what_waits_and_ends_the_socket():
    async def scenario(way, sender, serving):
        way.send(Frame("x"))
        way.send(Frame("y"))
        await asyncio.sleep(0)
        way.abort()
        with pytest.raises(asyncio.CancelledError):
            await serving
        sender.reading.set()
        await asyncio.sleep(0.01)
        assert sender.events == []

    run(scenario)


def test_what_the_server_cannot_send_cuts_the_socket_off(caplog):
    async def main():
        async def send(event):
            raise ValueError("not over this server")

        serving = asyncio.ensure_future(asyncio.sleep(3600))
        AsgiOutlet(send, None, serving).send(Frame("x"))
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(serving, 30)

    asyncio.run(main())
    assert "not over this server" in caplog.text


def test_a_client_that_has_gone_is_no_error():
    async def main():
        tries = []

        async def send(event):
            tries.append(event)
            raise ConnectionResetError

        way = AsgiOutlet(send, None, None)
        way.send(Frame("x"))
        way.send(Frame("y"))
        await eventually(lambda: tries and not way.stalled(), "the failure")
        await asyncio.sleep(0.01)
        assert len(tries) == 1

    asyncio.run(main())
