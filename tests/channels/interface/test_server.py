"""Tests of channels.interface.server: many connections, one voice on the layer."""

import asyncio
import logging

import pytest

import asgi_redis.mailbox
from channels.interface import server
from channels.interface.outlet import AsgiOutlet
from channels.interface.server import InterfaceServer
from channels.interface.websocket import WebSocketConnection
from tests.support.asgi import Client, serving
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(server, "SURELY_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(asgi_redis.mailbox, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(asgi_redis.mailbox, "AWAY_SECONDS", 0.05)


class TestLifespan:
    def test_it_listens_before_it_says_that_it_has_started(self, memory_layer):
        async def scenario():
            interface = InterfaceServer(memory_layer)
            client = Client(interface, {"type": "lifespan"})
            client.put("lifespan.startup")
            await eventually(lambda: client.events, "the start")
            assert memory_layer._mailboxes.keys() == {interface.mailbox.name}
            client.put("lifespan.shutdown")
            await client.ended()
            assert not memory_layer._mailboxes
            assert [event["type"] for event in client.events] == [
                "lifespan.startup.complete",
                "lifespan.shutdown.complete",
            ]

        asyncio.run(scenario())

    def test_a_server_without_lifespan_is_served_from_the_first_connection_on(self, layer):
        async def scenario():
            interface = InterfaceServer(layer)
            clients = [Client(interface, {"type": "websocket", "path": "/"}) for _ in range(2)]
            for client in clients:
                client.put("websocket.connect")
            for _ in clients:
                channel = await eventually(lambda: take(layer, "websocket.connect"), "a connect")
                layer.send(channel["reply_channel"], {"text": "hi"})
            for client in clients:
                await eventually(lambda client=client: len(client.events) == 2, "the frame")
                client.put("websocket.disconnect", code=1000)
            await interface.drain()

        asyncio.run(scenario())

    def test_other_kinds_of_connections_are_refused(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                with pytest.raises(ValueError, match="Cannot serve 'webtransport', only http"):
                    await Client(site.server, {"type": "webtransport"}).ended()

        asyncio.run(scenario())


class TestSweep:
    def test_a_connection_that_fails_does_not_stop_it(self, memory_layer, monkeypatch, logged):
        monkeypatch.setattr(server, "SWEEP_SECONDS", 0.01)
        seen = []

        def check(connection):
            seen.append(connection)
            raise AttributeError("The transport has no socket.")

        monkeypatch.setattr(WebSocketConnection, "check_stalled", check)

        async def scenario():
            async with serving(memory_layer) as site:
                for _ in range(2):
                    await site.open_socket()
                await eventually(lambda: len(set(seen)) == 2, "both to be checked")
                again = len(seen)
                await eventually(lambda: len(seen) > again, "another round")

        asyncio.run(scenario())
        assert "Could not check" in logged()[0].getMessage()


class TestGroups:
    def test_a_frame_reaches_every_member_once_and_nobody_else(self, layer):
        async def scenario():
            async with serving(layer) as site:
                members = [await site.open_socket() for _ in range(3)]
                stranger, _ = await site.open_socket()
                for _, channel in members:
                    layer.group_add("friends", channel)
                layer.send_group("friends", {"text": "one"})
                layer.send_group("friends", {"bytes": b"two"})
                for socket, _ in members:
                    await eventually(lambda s=socket: len(s.frames) == 2, "both frames")
                    assert socket.frames == ["one", b"two"]
                assert stranger.frames == []

        asyncio.run(scenario())

    def test_a_close_with_last_words_closes_every_member(self, layer):
        async def scenario():
            async with serving(layer) as site:
                members = [await site.open_socket() for _ in range(2)]
                for _, channel in members:
                    layer.group_add("friends", channel)
                layer.send_group("friends", {"text": "bye", "close": 4002})
                for socket, _ in members:
                    await socket.ended()
                    assert (socket.frames, socket.closed) == (["bye"], [4002])

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("message", "outcome"),
        [
            ({"text": "hi"}, ["websocket.accept", "websocket.send"]),
            ({"accept": True}, ["websocket.accept"]),
            ({"accept": False, "text": "hi"}, ["websocket.close"]),
        ],
    )
    def test_a_member_that_waits_in_its_handshake_is_treated_as_by_a_reply(
        self, memory_layer, message, outcome
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                socket = site.socket()
                channel = (await site.take("websocket.connect"))["reply_channel"]
                memory_layer.group_add("friends", channel)
                memory_layer.send_group("friends", message)
                await eventually(lambda: len(socket.events) == len(outcome), "the outcome")
                assert [event["type"] for event in socket.events] == outcome

        asyncio.run(scenario())

    def test_a_member_that_fails_costs_the_others_nothing(self, memory_layer, monkeypatch, logged):
        def fail(self, subprotocol):
            raise AttributeError("The transport has no socket.")

        async def scenario():
            async with serving(memory_layer) as site:
                members = [await site.open_socket() for _ in range(2)]
                failing = site.socket()
                channel = (await site.take("websocket.connect"))["reply_channel"]
                monkeypatch.setattr(AsgiOutlet, "accept", fail)
                everybody = [channel, *(name for _, name in members)]
                site.server.deliver_group(everybody, {"text": "hi"})
                for socket, _ in members:
                    await eventually(lambda s=socket: s.frames, "the frame")
                failing.leave()

        asyncio.run(scenario())
        assert "Could not deliver" in logged()[0].getMessage()

    def test_nonsense_is_logged_once_and_reaches_nobody(self, layer, logged):
        async def scenario():
            async with serving(layer) as site:
                members = [await site.open_socket() for _ in range(2)]
                for _, channel in members:
                    layer.group_add("friends", channel)
                layer.send_group("friends", {"type": "chat.message", 1: 2})
                layer.send_group("friends", {"text": "next"})
                for socket, _ in members:
                    await eventually(lambda s=socket: s.frames, "the next frame")
                    assert (socket.frames, socket.closed) == (["next"], [])

        asyncio.run(scenario())
        [record] = logged()
        assert "Ignored a message to a group" in record.getMessage()

    def test_a_response_to_a_group_answers_every_request_in_it(self, layer):
        async def scenario():
            async with serving(layer) as site:
                requests = [site.request() for _ in range(2)]
                for request in requests:
                    request.upload()
                    channel = (await site.take("http.request"))["reply_channel"]
                    layer.group_add("waiting", channel)
                layer.send_group("waiting", {"status": 200, "content": b"news"})
                for request in requests:
                    await request.ended()
                    assert (request.status, request.body) == (200, b"news")

        asyncio.run(scenario())

    def test_a_socket_that_has_gone_is_in_no_group(self, layer):
        async def scenario():
            async with serving(layer) as site:
                gone, channel = await site.open_socket()
                stays, other = await site.open_socket()
                for name in (channel, other):
                    layer.group_add("friends", name)
                layer.send_group("friends", {"text": "hi"})
                await eventually(lambda: gone.frames and stays.frames, "the frames")
                gone.leave()
                await gone.ended()
                assert await asyncio.to_thread(layer.group_channels, "friends") == [other]

        asyncio.run(scenario())


class TestLost:
    def test_sockets_with_a_gap_are_closed_with_1013(self, layer, caplog):
        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket()
                other, _ = await site.open_socket()
                site.server.lost({channel, "unknown!1"})
                await socket.ended()
                assert (socket.closed, other.closed) == ([1013], [])
                assert (await site.take("websocket.disconnect"))["reply_channel"] == channel

        asyncio.run(scenario())
        assert "Dropped messages for 2 connections" in caplog.text

    def test_a_request_that_waits_is_answered_with_503(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request()
                request.upload()
                channel = (await site.take("http.request"))["reply_channel"]
                site.server.lost({channel})
                await request.ended()
                assert (request.status, request.is_complete) == (503, True)

        asyncio.run(scenario())

    def test_a_response_with_a_gap_does_not_look_complete(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request()
                request.upload()
                channel = (await site.take("http.request"))["reply_channel"]
                memory_layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                site.server.lost({channel})
                with pytest.raises(Exception, match="server is told"):
                    await request.ended()
                assert not request.is_complete

        asyncio.run(scenario())


class TestKeepalive:
    def test_open_sockets_are_reported_where_the_setting_asks_for_it(self, layer, settings):
        settings.CHANNELS_KEEPALIVE_SECONDS = 0.02

        async def scenario():
            async with serving(layer) as site:
                site.socket("/handshake/")
                await site.take("websocket.connect")
                _, channel = await site.open_socket("/open/")
                for _ in range(2):
                    assert await site.take("websocket.keepalive") == {
                        "reply_channel": channel,
                        "path": "/open/",
                    }

        asyncio.run(scenario())

    def test_a_full_channel_does_not_end_it(self, make_layer, settings):
        settings.CHANNELS_KEEPALIVE_SECONDS = 0.02
        layer = make_layer(channel_capacity={"websocket.keepalive": 1})
        layer.send("websocket.keepalive", {"fills": "it"})

        async def scenario():
            async with serving(layer) as site:
                _, channel = await site.open_socket()
                await asyncio.sleep(0.05)
                assert await site.take("websocket.keepalive") == {"fills": "it"}
                assert (await site.take("websocket.keepalive"))["reply_channel"] == channel

        asyncio.run(scenario())


class TestAway:
    def test_requests_and_handshakes_are_refused_at_once_and_served_again_later(
        self, valkey, layer_on
    ):
        layer = layer_on(valkey)

        async def scenario():
            async with serving(layer) as site:
                socket, channel = await site.open_socket()
                valkey.kill()
                request = site.request()
                request.upload()
                await request.ended()
                assert request.status == 503
                assert b"cannot be reached" in request.body
                assert request.headers[b"retry-after"] == b"1"
                refused = site.socket()
                await eventually(lambda: refused.closed, "the refusal")
                socket.send("meanwhile")
                socket.leave()
                await asyncio.to_thread(valkey.start)
                assert (await site.take("websocket.receive"))["text"] == "meanwhile"
                disconnect = await site.take("websocket.disconnect")
                assert (disconnect["reply_channel"], disconnect["order"]) == (channel, 2)
                await eventually(lambda: layer_answers(site), "the layer to be back")
                again = site.request()
                again.upload()
                reply_channel = (await site.take("http.request"))["reply_channel"]
                layer.send(reply_channel, {"status": 200, "content": b"back"})
                await again.ended()
                assert (again.status, again.body) == (200, b"back")

        asyncio.run(scenario())


class TestDrain:
    def test_sockets_are_told_to_come_back_and_their_disconnects_leave(self, layer):
        async def scenario():
            async with serving(layer) as site:
                sockets = [await site.open_socket() for _ in range(2)]
                waiting = site.socket(extensions={"websocket.http.response": {}})
                await site.take("websocket.connect")
                waiting_ends = eventually(lambda: waiting.events, "the refusal")
                drain = asyncio.ensure_future(site.server.drain())
                await waiting_ends
                waiting.leave()
                await drain
                assert [socket.closed for socket, _ in sockets] == [[1012], [1012]]
                assert waiting.events[0]["status"] == 503
                codes = [(await site.take("websocket.disconnect"))["code"] for _ in range(3)]
                assert sorted(codes) == [1001, 1012, 1012]

        asyncio.run(scenario())

    def test_requests_finish(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request = site.request()
                request.upload()
                channel = (await site.take("http.request"))["reply_channel"]
                drain = asyncio.ensure_future(site.server.drain())
                await asyncio.sleep(0)
                layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                assert not drain.done()
                layer.send(channel, {"content": b"b"})
                await drain
                assert (request.status, request.body) == (200, b"ab")

        asyncio.run(scenario())

    def test_no_more_sockets_are_taken(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                await site.server.drain()
                socket = site.socket()
                await socket.ended()
                assert socket.events == [{"type": "websocket.close"}]
            assert memory_layer.receive(["websocket.connect"]) == (None, None)

        asyncio.run(scenario())

    def test_a_request_without_an_answer_is_given_up(self, memory_layer, monkeypatch, caplog):
        caplog.set_level(logging.WARNING)
        monkeypatch.setattr(server, "DRAIN_SECONDS", 0.05)

        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request()
                request.upload()
                await site.take("http.request")
                await site.server.drain()

        asyncio.run(scenario())
        assert "Gave up on 1 connections, which did not end within 0 s." in caplog.text


def take(layer, channel):
    return layer.receive([channel])[1]


def layer_answers(site) -> bool:
    return all(branch.available for branch in site.server.mailbox._branches)
