"""Tests of channels.interface.websocket: a socket from its handshake to its disconnect."""

import asyncio
import logging

import pytest

from channels.interface import websocket
from channels.interface.outlet import AsgiOutlet
from channels.layers import codec
from channels.layers.exceptions import ChannelFull, LayerUnavailable, Unanswered
from tests.support.asgi import serving
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    """Full channels are tried again soon."""
    monkeypatch.setattr(websocket, "RETRY_SECONDS", 0.01)


async def refusal(site) -> int:
    """The status with which a handshake ends whose client leaves at once."""
    socket = site.socket(extensions={"websocket.http.response": {}})
    socket.leave()
    await socket.ended()
    [start] = socket.of("websocket.http.response.start")
    return start["status"]


def answer_frames(site, monkeypatch, error) -> list:
    """Has every send of a frame fail; returns those there were."""
    send, tries = site.server.mailbox.send, []

    def answer(channel, message):
        if channel != "websocket.receive":
            return send(channel, message)
        tries.append(message)
        answered = asyncio.get_running_loop().create_future()
        answered.set_exception(error)
        return answered

    monkeypatch.setattr(site.server.mailbox, "send", answer)
    return tries


def hold_frames(site, monkeypatch) -> list:
    """Has sends of frames be on their way until a test says what came of them; returns those."""
    send, sent = site.server.mailbox.send, []

    def hold(channel, message):
        if channel != "websocket.receive":
            return send(channel, message)
        sent.append(asyncio.get_running_loop().create_future())
        return sent[-1]

    monkeypatch.setattr(site.server.mailbox, "send", hold)
    return sent


async def end_with(site, socket, sending, error) -> int:
    """Ends a socket's task, and then what is on its way; returns the number of the disconnect."""
    socket.task.cancel()
    await asyncio.sleep(0.02)
    assert site.layer.receive(["websocket.disconnect"]) == (None, None)
    sending.set_exception(error) if error else sending.set_result(None)
    await socket.ended()
    return (await site.take("websocket.disconnect"))["order"]


# What may come of a frame, and the number of the disconnect behind it.
OUTCOMES = [
    (None, 2),
    (ChannelFull("full"), 1),
    (LayerUnavailable("away"), 1),
    (Unanswered("no answer"), 2),
]


class TestHandshake:
    def test_it_becomes_a_message_and_waits_for_the_reply(self, layer):
        async def scenario():
            async with serving(layer) as site:
                socket = site.socket(
                    "/chat/", query_string=b"a=1", headers=[(b"host", b"x")], scheme="wss"
                )
                connect = await site.take("websocket.connect")
                assert connect["path"] == "/chat/"
                assert connect["query_string"] == b"a=1"
                assert connect["headers"] == [[b"host", b"x"]]
                assert connect["scheme"] == "wss"
                assert connect["order"] == 0
                assert socket.events == []
                layer.send(connect["reply_channel"], {"accept": True})
                await eventually(lambda: socket.accepted == [None], "the accept")

        asyncio.run(scenario())

    @pytest.mark.parametrize("data", ["", "hi", b"", b"\0"])
    def test_a_frame_opens_it_too(self, memory_layer, data):
        async def scenario():
            async with serving(memory_layer) as site:
                socket = site.socket()
                channel = (await site.take("websocket.connect"))["reply_channel"]
                memory_layer.send(channel, {"text" if isinstance(data, str) else "bytes": data})
                await eventually(lambda: socket.frames, "the frame")
                assert [event["type"] for event in socket.events] == [
                    "websocket.accept",
                    "websocket.send",
                ]
                assert socket.frames == [data]

        asyncio.run(scenario())

    @pytest.mark.parametrize("reply", [{"accept": False}, {"close": True}, {"close": 4000}])
    def test_it_can_be_refused(self, memory_layer, reply):
        async def scenario():
            async with serving(memory_layer) as site:
                socket = site.socket()
                channel = (await site.take("websocket.connect"))["reply_channel"]
                memory_layer.send(channel, reply)
                await socket.ended()
                assert socket.events == [{"type": "websocket.close"}]
                disconnect = await site.take("websocket.disconnect")
                assert (disconnect["reply_channel"], disconnect["order"]) == (channel, 1)

        asyncio.run(scenario())

    def test_it_can_be_refused_with_a_status_where_the_server_can(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                socket = site.socket(extensions={"websocket.http.response": {}})
                channel = (await site.take("websocket.connect"))["reply_channel"]
                memory_layer.send(channel, {"accept": False, "status": 404})
                await eventually(lambda: len(socket.events) == 2, "the refusal")
                [start] = socket.of("websocket.http.response.start")
                assert start["status"] == 404

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("reply", "frames"),
        [
            ({"text": "bye", "close": 4001}, ["bye"]),
            ({"accept": True, "close": 4001}, []),
            ({"accept": True, "text": "bye", "close": 4001}, ["bye"]),
        ],
    )
    def test_a_reply_that_opens_it_can_close_it_too(self, memory_layer, reply, frames):
        async def scenario():
            async with serving(memory_layer) as site:
                socket = site.socket()
                channel = (await site.take("websocket.connect"))["reply_channel"]
                memory_layer.send(channel, reply)
                await socket.ended()
                assert (socket.accepted, socket.frames, socket.closed) == ([None], frames, [4001])

        asyncio.run(scenario())

    def test_it_is_accepted_once(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, channel = await site.open_socket()
                memory_layer.send(channel, {"accept": True})
                memory_layer.send(channel, {"accept": False, "text": "last"})
                await eventually(lambda: socket.frames, "the frame")
                assert (socket.accepted, socket.closed) == ([None], [])

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("ours", "offered", "chosen"),
        [
            (["news", "chat"], ["other", "chat", "news"], "chat"),
            (["news"], ["chat"], None),
            (None, ["chat"], None),
        ],
    )
    def test_the_first_subprotocol_that_the_setting_has_is_chosen(
        self, memory_layer, settings, ours, offered, chosen
    ):
        settings.CHANNELS_WS_PROTOCOLS = ours

        async def scenario():
            async with serving(memory_layer) as site:
                socket, _ = await site.open_socket(subprotocols=offered)
                assert socket.accepted == [chosen]

        asyncio.run(scenario())

    def test_without_room_it_is_refused_with_503_and_nothing_follows(self, make_layer):
        layer = make_layer(channel_capacity={"websocket.connect": 1})
        layer.send("websocket.connect", {"fills": "it"})

        async def scenario():
            async with serving(layer) as site:
                assert await refusal(site) == 503

        asyncio.run(scenario())
        assert layer.receive(["websocket.disconnect"]) == (None, None)

    @pytest.mark.parametrize(("error", "disconnects"), [(LayerUnavailable, 0), (Unanswered, 1)])
    def test_one_that_may_have_left_all_the_same_has_a_disconnect(
        self, memory_layer, monkeypatch, error, disconnects
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                send = site.server.mailbox.send

                def fail_to_connect(channel, message):
                    sent = send(channel, message)
                    if channel != "websocket.connect":
                        return sent
                    failed = asyncio.get_running_loop().create_future()
                    failed.set_exception(error("no answer"))
                    return failed

                monkeypatch.setattr(site.server.mailbox, "send", fail_to_connect)
                assert await refusal(site) == 503

        asyncio.run(scenario())
        _, connect = memory_layer.receive(["websocket.connect"])
        left = [memory_layer.receive(["websocket.disconnect"])[1] for _ in range(2)]
        names = [message["reply_channel"] for message in left if message]
        assert names == [connect["reply_channel"]] * disconnects

    def test_one_that_is_refused_is_held_until_its_client_has_let_go(self, make_layer):
        layer = make_layer(channel_capacity={"websocket.connect": 1})
        layer.send("websocket.connect", {"fills": "it"})

        async def scenario():
            async with serving(layer) as site:
                socket = site.socket(extensions={"websocket.http.response": {}})
                await eventually(lambda: socket.events, "the refusal")
                assert len(site.server.connections()) == 1
                socket.leave()
                await socket.ended()
                assert not site.server.connections()

        asyncio.run(scenario())

    def test_one_that_no_worker_answers_is_refused_with_503(
        self, memory_layer, monkeypatch, caplog
    ):
        monkeypatch.setattr("channels.interface.server.SWEEP_SECONDS", 0.01)
        unanswered = {}
        monkeypatch.setattr(AsgiOutlet, "seconds_unanswered", lambda outlet: unanswered.get("for"))

        async def scenario():
            async with serving(memory_layer) as site:
                open_one, _ = await site.open_socket("/open/")
                socket = site.socket("/slow/", extensions={"websocket.http.response": {}})
                channel = (await site.take("websocket.connect"))["reply_channel"]
                unanswered["for"] = 4.2
                await eventually(lambda: len(socket.events) == 2, "the refusal")
                assert socket.events[0]["status"] == 503
                memory_layer.send(channel, {"accept": True})
                socket.leave()
                disconnect = await site.take("websocket.disconnect")
                assert disconnect["reply_channel"] == channel
                assert socket.accepted == open_one.closed == []

        asyncio.run(scenario())
        assert "No answer to the handshake for /slow/ in 4 s: is a worker running?" in caplog.text
        assert "/open/" not in caplog.text

    def test_one_that_is_cut_short_has_a_disconnect_for_its_connect(self, layer):
        async def scenario():
            async with serving(layer) as site:
                socket = site.socket()
                await asyncio.sleep(0)
                socket.task.cancel()
                connect = await site.take("websocket.connect")
                disconnect = await site.take("websocket.disconnect")
                assert disconnect["reply_channel"] == connect["reply_channel"]

        asyncio.run(scenario())


class TestFrames:
    def test_they_become_messages_in_order(self, layer):
        frames = ["one", "", b"two", b"", "€"]

        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket("/chat/")
                for frame in frames:
                    socket.send(frame)
                found = [await site.take("websocket.receive") for _ in frames]
                assert [message["order"] for message in found] == [1, 2, 3, 4, 5]
                assert [message.get("text", message.get("bytes")) for message in found] == frames
                assert {message["reply_channel"] for message in found} == {channel}
                assert {message["path"] for message in found} == {"/chat/"}
                socket.leave(4003)
                disconnect = await site.take("websocket.disconnect")
                assert disconnect == {
                    "reply_channel": channel,
                    "path": "/chat/",
                    "code": 4003,
                    "order": 6,
                }

        asyncio.run(scenario())

    def test_replies_become_frames_in_order(self, layer):
        frames = ["one", "", b"two", b"", "€"]

        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket()
                for frame in frames:
                    layer.send(channel, {"text" if isinstance(frame, str) else "bytes": frame})
                await eventually(lambda: len(socket.frames) == len(frames), "the frames")
                assert socket.frames == frames

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("reply", "complaint"),
        [
            ({"txet": "hi"}, "txet"),
            ({"txet": "hi", 1: 2}, "txet"),
            ({"text": "a", "bytes": b"b"}, "not both"),
            ({"status": 200, "content": b"a response"}, "content"),
            ({"close": 5}, "not 5"),
        ],
    )
    def test_a_reply_that_makes_no_sense_is_logged_and_sends_nothing(
        self, layer, reply, complaint, logged
    ):
        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket("/chat/")
                layer.send(channel, reply)
                layer.send(channel, {"text": "next"})
                await eventually(lambda: socket.frames, "the next frame")
                assert (socket.frames, socket.closed) == (["next"], [])

        asyncio.run(scenario())
        [record] = logged()
        assert "/chat/" in record.getMessage()
        assert complaint in record.getMessage()

    def test_one_that_finds_room_in_time_arrives(self, make_layer):
        layer = make_layer(channel_capacity={"websocket.receive": 1})

        async def scenario():
            async with serving(layer) as site:
                socket, _ = await site.open_socket()
                for number in range(4):
                    socket.send(str(number))
                found = [await site.take("websocket.receive") for _ in range(4)]
                assert [message["text"] for message in found] == list("0123")
                assert [message["order"] for message in found] == [1, 2, 3, 4]

        asyncio.run(scenario())

    def test_without_room_the_socket_is_closed_with_1013(self, make_layer, monkeypatch, caplog):
        monkeypatch.setattr(websocket, "FULL_SECONDS", 0.05)
        layer = make_layer(channel_capacity={"websocket.receive": 1})

        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket()
                for number in range(4):
                    socket.send(str(number))
                await socket.ended()
                assert socket.closed == [1013]
                assert (await site.take("websocket.receive"))["order"] == 1
                disconnect = await site.take("websocket.disconnect")
                # The number of the frame that nobody will see, so that none is missing.
                assert (disconnect["reply_channel"], disconnect["order"]) == (channel, 2)

        asyncio.run(scenario())
        assert "Start more workers" in caplog.text

    def test_one_that_the_layer_cannot_carry_closes_the_socket_with_1009(
        self, layer, monkeypatch, logged
    ):
        monkeypatch.setattr(codec, "MAX_MESSAGE_BYTES", 10_000)

        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket("/chat/")
                for frame in ("short", "x" * 10_000, "late"):
                    socket.send(frame)
                await socket.ended()
                assert socket.closed == [1009]
                assert (await site.take("websocket.receive"))["text"] == "short"
                disconnect = await site.take("websocket.disconnect")
                assert (disconnect["reply_channel"], disconnect["order"]) == (channel, 2)

        asyncio.run(scenario())
        [record] = logged()
        assert "Closed the socket on /chat/: The message takes" in record.getMessage()

    @pytest.mark.parametrize("end", ["close", "cancel"])
    @pytest.mark.parametrize(
        ("error", "order"),
        [(ChannelFull("full"), 1), (LayerUnavailable("away"), 1), (Unanswered("no answer"), 2)],
    )
    def test_the_number_of_one_that_waits_is_the_disconnects_unless_it_may_have_left(
        self, memory_layer, monkeypatch, caplog, error, order, end
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, channel = await site.open_socket()
                tries = answer_frames(site, monkeypatch, error)
                socket.send("waits")
                await eventually(lambda: len(tries) > 1, "another try")
                if end == "close":
                    memory_layer.send(channel, {"close": True})
                else:
                    socket.task.cancel()
                await socket.ended()
                assert (await site.take("websocket.disconnect"))["order"] == order

        asyncio.run(scenario())
        assert "no room" not in caplog.text

    @pytest.mark.parametrize(("error", "order"), OUTCOMES)
    def test_the_disconnect_waits_for_one_that_is_on_its_way(
        self, memory_layer, monkeypatch, error, order
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, _ = await site.open_socket()
                sent = hold_frames(site, monkeypatch)
                socket.send("leaves")
                await eventually(lambda: sent, "the frame")
                assert await end_with(site, socket, sent[0], error) == order

        asyncio.run(scenario())


class TestShortWay:
    """Frames that go past the socket's task."""

    @staticmethod
    async def open(site):
        """Returns an open socket, and the connection of which the task waits for a frame."""
        socket, channel = await site.open_socket("/chat/")
        connection = site.server._connections[channel]
        await eventually(lambda: connection._waits, "the task to wait")
        return socket, connection

    def test_they_become_messages_among_the_others_in_order(self, layer):
        async def scenario():
            async with serving(layer) as site:
                socket, connection = await self.open(site)
                assert connection.take("first")
                assert not connection.take("second")  # the first is on its way
                socket.send("second")
                for order, text in ((1, "first"), (2, "second")):
                    message = await site.take("websocket.receive")
                    assert (message["order"], message["text"]) == (order, text)
                await eventually(lambda: connection.take(b"third"), "the way to be free")
                message = await site.take("websocket.receive")
                assert (message["order"], message["bytes"]) == (3, b"third")
                assert message["path"] == "/chat/"

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("error", "order"),
        [(ChannelFull("full"), 1), (LayerUnavailable("away"), 1), (Unanswered("no answer"), 2)],
    )
    def test_one_that_does_not_get_through_is_tried_again_before_those_behind_it(
        self, memory_layer, monkeypatch, error, order
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, connection = await self.open(site)
                send, mailbox = site.server.mailbox.send, site.server.mailbox
                tries = answer_frames(site, monkeypatch, error)
                assert connection.take("first")
                socket.send("second")
                await eventually(lambda: len(tries) > 2, "another try")
                assert {message["text"] for message in tries} == {"first"}
                monkeypatch.setattr(mailbox, "send", send)
                for number, text in enumerate(("first", "second"), 1):
                    message = await site.take("websocket.receive")
                    assert (message["order"], message["text"]) == (number, text)

        asyncio.run(scenario())

    @pytest.mark.parametrize(("error", "order"), OUTCOMES)
    def test_the_disconnect_waits_for_one_that_is_on_its_way(
        self, memory_layer, monkeypatch, error, order
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, connection = await self.open(site)
                sent = hold_frames(site, monkeypatch)
                assert connection.take("leaves")
                assert await end_with(site, socket, sent[0], error) == order

        asyncio.run(scenario())

    def test_without_room_the_socket_is_closed_with_1013(self, make_layer, monkeypatch):
        monkeypatch.setattr(websocket, "FULL_SECONDS", 0.05)
        layer = make_layer(channel_capacity={"websocket.receive": 1})

        async def scenario():
            async with serving(layer) as site:
                socket, connection = await self.open(site)
                for number in range(2):
                    await eventually(
                        lambda number=number: connection.take(str(number)), "the way to be free"
                    )
                await eventually(lambda: socket.closed == [1013], "the close")
                assert not connection.take("late")
                await socket.ended()
                assert (await site.take("websocket.disconnect"))["order"] == 2

        asyncio.run(scenario())

    def test_one_that_the_layer_cannot_carry_closes_the_socket_with_1009(self, layer, monkeypatch):
        monkeypatch.setattr(codec, "MAX_MESSAGE_BYTES", 10_000)

        async def scenario():
            async with serving(layer) as site:
                socket, connection = await self.open(site)
                if not connection.take("x" * 10_000):
                    socket.send("x" * 10_000)  # as the outlet does
                await socket.ended()
                assert socket.closed == [1009]
                assert (await site.take("websocket.disconnect"))["order"] == 1

        asyncio.run(scenario())

    def test_a_mistake_of_ours_closes_the_socket(self, memory_layer, monkeypatch, logged):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, connection = await self.open(site)
                answer_frames(site, monkeypatch, LookupError("a mistake"))
                assert connection.take("first")
                await socket.ended()
                assert socket.closed == [1011]

        asyncio.run(scenario())
        assert "Closed the socket on /chat/" in logged()[0].getMessage()


class TestEnd:
    @pytest.mark.parametrize(("close", "code"), [(True, 1000), (4001, 4001)])
    def test_a_consumer_can_close_it(self, layer, close, code):
        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket()
                layer.send(channel, {"text": "bye"})
                layer.send(channel, {"close": close})
                layer.send(channel, {"text": "too late"})
                await socket.ended()
                assert (socket.frames, socket.closed) == (["bye"], [code])
                assert (await site.take("websocket.disconnect"))["code"] == code

        asyncio.run(scenario())

    def test_frames_after_the_close_are_not_passed_on(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, channel = await site.open_socket()
                socket.put = lambda *args, **fields: None  # the client does not hear the close yet
                memory_layer.send(channel, {"close": True})
                await eventually(lambda: socket.closed, "the close")
                del socket.put
                socket.send("late")
                socket.leave()
                assert (await site.take("websocket.disconnect"))["order"] == 1
                assert memory_layer.receive(["websocket.receive"]) == (None, None)

        asyncio.run(scenario())

    def test_a_client_that_gives_no_code_leaves_with_1005(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, _ = await site.open_socket()
                socket.put("websocket.disconnect", code=None)
                assert (await site.take("websocket.disconnect"))["code"] == 1005

        asyncio.run(scenario())

    def test_the_disconnect_waits_for_room(self, make_layer):
        layer = make_layer(channel_capacity={"websocket.disconnect": 1})

        async def scenario():
            async with serving(layer) as site:
                sockets = [await site.open_socket() for _ in range(3)]
                for socket, _ in sockets:
                    socket.leave()
                    await socket.ended()
                found = [await site.take("websocket.disconnect") for _ in sockets]
                assert {message["reply_channel"] for message in found} == {
                    channel for _, channel in sockets
                }

        asyncio.run(scenario())

    @pytest.mark.parametrize(("draining", "code"), [(True, 1012), (False, 1006)])
    def test_only_a_server_that_goes_away_says_so(self, memory_layer, draining, code):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, _ = await site.open_socket()
                site.server.draining = draining
                socket.task.cancel()
                await socket.ended()
                assert (await site.take("websocket.disconnect"))["code"] == code

        asyncio.run(scenario())

    def test_a_failing_server_leaves_a_disconnect_too(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                socket, _ = await site.open_socket()
                socket.put("websocket.receive")  # neither text nor bytes: the server's mistake
                with pytest.raises(KeyError):
                    await socket.ended()
                assert (await site.take("websocket.disconnect"))["code"] == 1006

        asyncio.run(scenario())


class TestStalled:
    def test_a_client_that_does_not_read_is_cut_off(self, memory_layer, monkeypatch, caplog):
        caplog.set_level(logging.WARNING)
        monkeypatch.setattr("channels.interface.server.SWEEP_SECONDS", 0.01)
        monkeypatch.setattr("channels.interface.outlet.BACKLOG_SECONDS", 0.5)

        async def scenario():
            async with serving(memory_layer) as site:
                (slow, channel), (quick, other) = [
                    await site.open_socket("/slow/"),
                    await site.open_socket("/quick/"),
                ]
                slow.reading.clear()
                for _ in range(3):
                    memory_layer.send(channel, {"bytes": bytes(500_000)})
                await slow.ended()
                disconnect = await site.take("websocket.disconnect")
                assert (disconnect["reply_channel"], disconnect["code"]) == (channel, 1006)
                memory_layer.send(other, {"text": "still here"})
                await eventually(lambda: quick.frames, "the other socket's frame")

        asyncio.run(scenario())
        assert "Cut off the socket on /slow/" in caplog.text
        assert "/quick/" not in caplog.text

    def test_a_client_that_does_not_end_the_connection_has_it_ended(
        self, memory_layer, monkeypatch, logged
    ):
        monkeypatch.setattr("channels.interface.server.SWEEP_SECONDS", 0.01)

        async def scenario():
            async with serving(memory_layer) as site:
                socket, channel = await site.open_socket()
                monkeypatch.setattr(AsgiOutlet, "lingers", lambda outlet: True)
                await socket.ended()
                disconnect = await site.take("websocket.disconnect")
                assert (disconnect["reply_channel"], disconnect["code"]) == (channel, 1006)

        asyncio.run(scenario())
        assert not logged()
