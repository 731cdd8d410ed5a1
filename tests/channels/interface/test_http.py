"""Tests of channels.interface.http: a request, its body, and every way its response can end."""

import asyncio
import time
from contextlib import suppress

import pytest

from asgi_redis import mailbox
from channels.body import RequestBody
from channels.exceptions import RequestTimeout
from channels.interface import http, server
from channels.interface.http import BODY_PART_BYTES
from channels.layers.exceptions import ChannelGone, LayerUnavailable, Unanswered
from channels.layers.memory import InMemoryChannelLayer
from tests.support.asgi import serving
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(http, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(server, "SWEEP_SECONDS", 0.01)


async def start(site, **options):
    """Returns a request without a body, and the channel that its response goes to."""
    request = site.request(**options)
    request.upload()
    return request, (await site.take("http.request"))["reply_channel"]


class TestResponse:
    def test_a_reply_becomes_the_response(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site, path="/page/")
                layer.send(
                    channel, {"status": 201, "headers": [[b"x-name", b"v"]], "content": b"hello"}
                )
                await request.ended()
                assert (request.status, request.body, request.is_complete) == (201, b"hello", True)
                assert request.headers == {b"x-name": b"v", b"content-length": b"5"}

        asyncio.run(scenario())
        assert layer.receive(["http.disconnect"]) == (None, None)

    def test_parts_are_sent_as_they_come(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site)
                layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                assert b"content-length" not in request.headers
                layer.send(channel, {"content": b"", "more_content": True})
                layer.send(channel, {"content": b"b", "more_content": True})
                layer.send(channel, {"content": b"c"})
                await request.ended()
                assert (request.body, request.is_complete) == (b"abc", True)

        asyncio.run(scenario())

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
    def test_those_without_a_body_are_given_no_length(self, memory_layer, method, status):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site, method=method)
                memory_layer.send(channel, {"status": status})
                await request.ended()
                assert (request.status, request.headers, request.body) == (status, {}, b"")

        asyncio.run(scenario())

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
    def test_those_without_a_body_are_sent_none_in_parts_either(self, memory_layer, method, status):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site, method=method)
                part = {"status": status, "content": b"a", "more_content": True}
                memory_layer.send(channel, part)
                memory_layer.send(channel, {"content": b"b"})
                await request.ended()
                assert (request.status, request.body, request.is_complete) == (status, b"", True)

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "reply",
        [
            {"text": "for a socket"},
            {"text": "for a socket", 1: 2},
            {"status": 100},
            {"status": 200, "content": None},
            {"status": 200, "content": 7},
            {"status": 200, "headers": 7},
            {"closed": True},
        ],
    )
    def test_a_reply_that_makes_no_sense_harms_this_request_only(self, layer, reply, caplog):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site, path="/bad/")
                other, other_channel = await start(site, path="/good/")
                layer.send(channel, reply)
                layer.send(other_channel, {"status": 200, "content": b"fine"})
                await request.ended()
                await other.ended()
                assert (request.status, request.is_complete) == (503, True)
                assert (other.status, other.body) == (200, b"fine")

        asyncio.run(scenario())
        assert "Bad reply to the request for /bad/" in caplog.text

    @pytest.mark.parametrize("reply", [{"closed": True}, {"content": "text"}])
    def test_a_response_that_breaks_off_does_not_look_complete(self, memory_layer, reply, caplog):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site, path="/half/")
                memory_layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                memory_layer.send(channel, reply)
                with pytest.raises(http.BrokenOff):
                    await request.ended()
                assert (request.body, request.is_complete) == (b"a", False)

        asyncio.run(scenario())
        assert "Broke off the response for /half/" in caplog.text

    def test_a_full_channel_is_answered_with_503(self, make_layer):
        layer = make_layer(channel_capacity={"http.request": 1})
        layer.send("http.request", {"fills": "it"})

        async def scenario():
            async with serving(layer) as site:
                request = site.request()
                request.upload()
                await request.ended()
                assert (request.status, request.is_complete) == (503, True)
                assert b"All workers are busy" in request.body
                assert request.headers[b"cache-control"] == b"no-store"

        asyncio.run(scenario())

    def test_no_answer_in_time_is_503(self, memory_layer, monkeypatch, caplog):
        monkeypatch.setattr(http, "RESPONSE_SECONDS", 0.05)

        async def scenario():
            async with serving(memory_layer) as site:
                request, _ = await start(site, path="/slow/")
                await request.ended()
                assert request.status == 503
                assert b"No worker answered in time" in request.body

        asyncio.run(scenario())
        assert "No reply for /slow/" in caplog.text
        assert "is a worker running?" in caplog.text

    def test_a_layer_that_goes_away_meanwhile_is_503(self, valkey, layer_on, monkeypatch, caplog):
        monkeypatch.setattr(http, "AWAY_SECONDS", 0.05)

        async def scenario():
            async with serving(layer_on(valkey)) as site:
                request, _ = await start(site, path="/caught/")
                valkey.kill()
                await request.ended()
                assert request.status == 503
                assert b"The message queue cannot be reached" in request.body

        asyncio.run(scenario())
        assert "No reply for /caught/: the channel layer is away." in caplog.text

    def test_a_layer_that_forgets_everything_meanwhile_is_503(
        self, make_redis_layer, monkeypatch, caplog
    ):
        monkeypatch.setattr(http, "AWAY_SECONDS", 0.05)
        monkeypatch.setattr(mailbox, "BEAT_SECONDS", 0.05)
        layer = make_redis_layer()

        async def scenario():
            async with serving(layer) as site:
                request, _ = await start(site, path="/lost/")
                await eventually(lambda: site.server.mailbox._branches[0]._run, "a heartbeat")
                layer.flush()
                await request.ended()
                assert request.status == 503
                assert b"The request was lost" in request.body

        asyncio.run(scenario())
        assert "No reply for /lost/: the channel layer lost its memory meanwhile." in caplog.text

    def test_no_further_part_in_time_breaks_it_off(self, memory_layer, monkeypatch):
        monkeypatch.setattr(http, "RESPONSE_SECONDS", 0.05)

        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                memory_layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                with pytest.raises(http.BrokenOff):
                    await request.ended()
                assert (request.status, request.is_complete) == (200, False)

        asyncio.run(scenario())


class TestContentLength:
    def reply(self, length, content, more=False):
        """The first part of a response that says how long it is."""
        headers = [[b"Content-Length", b"%d" % length]]
        return {"status": 200, "headers": headers, "content": content, "more_content": more}

    def test_what_is_over_is_cut(self, memory_layer, caplog):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site, path="/grown/")
                memory_layer.send(channel, self.reply(3, b"grown"))
                await request.ended()
                assert (request.body, request.is_complete) == (b"gro", True)

        asyncio.run(scenario())
        assert "Cut the response for /grown/" in caplog.text

    def test_what_is_over_is_cut_in_parts_too(self, memory_layer, caplog):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                memory_layer.send(channel, self.reply(3, b"ab", more=True))
                for part in (b"c", b"de", b"f"):
                    memory_layer.send(channel, {"content": part, "more_content": True})
                memory_layer.send(channel, {"content": b"g"})
                await request.ended()
                assert (request.body, request.is_complete) == (b"abc", True)

        asyncio.run(scenario())
        assert caplog.text.count("Cut the response") == 1

    def test_one_that_is_not_reached_breaks_it_off(self, memory_layer, caplog):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                memory_layer.send(channel, self.reply(3, b"a", more=True))
                memory_layer.send(channel, {"content": b"b"})
                with pytest.raises(http.BrokenOff):
                    await request.ended()
                assert (request.body, request.is_complete) == (b"a", False)

        asyncio.run(scenario())
        assert "it ended 1 bytes before its Content-Length" in caplog.text

    def test_the_response_to_head_has_one_without_a_body(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site, method="HEAD")
                memory_layer.send(channel, self.reply(3, b""))
                await request.ended()
                assert (request.body, request.is_complete) == (b"", True)

        asyncio.run(scenario())


class TestClientGone:
    def test_while_it_waits_for_the_response(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site, path="/poll/")
                request.leave()
                await request.ended()
                assert request.events == []
                assert await site.take("http.disconnect") == {
                    "reply_channel": channel,
                    "path": "/poll/",
                }

        asyncio.run(scenario())

    def test_in_the_middle_of_the_response_its_writer_is_stopped(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site)
                layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                request.leave()
                await request.ended()
                assert (await site.take("http.disconnect"))["reply_channel"] == channel

                def is_told() -> bool:
                    with suppress(ChannelGone):
                        layer.send(channel, {"content": b"b", "more_content": True})
                        return False
                    return True

                await eventually(is_told, "its writer to hear of it")

        asyncio.run(scenario())

    def test_before_its_body_is_complete_nobody_hears_of_it(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request("POST")
                request.upload(b"half", more=True)
                request.leave()
                await request.ended()

        asyncio.run(scenario())
        assert memory_layer.receive(["http.request"]) == (None, None)


class TestBody:
    def test_a_small_one_travels_in_the_request(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                request.upload(b"one,", more=True)
                request.upload(b"two")
                message = await site.take("http.request")
                assert message["body"] == b"one,two"
                assert "body_channel" not in message
                layer.send(message["reply_channel"], {"status": 200})
                await request.ended()

        asyncio.run(scenario())

    def test_a_large_one_follows_on_its_own_channel(self, make_layer):
        layer = make_layer(channel_capacity={"http.request.body?*": 1})
        parts = [bytes([number]) * BODY_PART_BYTES for number in range(4)]

        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                for part in parts:
                    request.upload(part, more=True)
                request.upload(b"end")
                message = await site.take("http.request")
                body = message["body"]
                assert body == parts[0]
                more = True
                while more:
                    chunk = await site.take(message["body_channel"])
                    body += chunk["content"]
                    more = chunk["more_content"]
                assert body == b"".join(parts) + b"end"
                layer.send(message["reply_channel"], {"status": 200, "content": b"thanks"})
                await request.ended()
                assert request.body == b"thanks"

        asyncio.run(scenario())

    def test_one_goes_on_beside_a_response_that_is_made_as_it_is_read(self, make_layer):
        layer = make_layer(channel_capacity={"http.request.body?*": 1})
        parts = [bytes([number]) * BODY_PART_BYTES for number in range(4)]

        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                for part in parts:
                    request.upload(part, more=True)
                message = await site.take("http.request")
                reply = {"status": 200, "content": message["body"][:1], "more_content": True}
                layer.send(message["reply_channel"], reply)
                await eventually(lambda: request.body == b"\0", "the response to begin")
                request.upload(b"\4")
                more = True
                while more:
                    part = await site.take(message["body_channel"])
                    more = part["more_content"]
                    reply = {"content": part["content"][:1], "more_content": more}
                    layer.send(message["reply_channel"], reply)
                await request.ended()
                assert (request.body, request.is_complete) == (bytes(range(5)), True)

        asyncio.run(scenario())

    def test_its_reader_is_told_when_the_response_is_there_before_all_of_it(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, message = await start_endless(site)
                memory_layer.send(message["reply_channel"], {"status": 413})
                await request.ended()
                assert await site.take(message["body_channel"]) == {"closed": True}

        asyncio.run(scenario())

    def test_its_reader_is_told_when_the_response_is_lost(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, message = await start_endless(site)
                site.server.lost([message["reply_channel"]])
                await request.ended()
                assert request.status == 503
                assert await site.take(message["body_channel"]) == {"closed": True}

        asyncio.run(scenario())

    def test_what_fails_in_the_middle_of_it_ends_the_request(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, message = await start_endless(site)
                request.put("http.request", body="no bytes")
                with pytest.raises(TypeError):
                    await request.ended()
                assert await site.take(message["body_channel"]) == {"closed": True}

        asyncio.run(scenario())

    def test_its_reader_is_told_when_the_client_leaves(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                request.upload(bytes(BODY_PART_BYTES), more=True)
                message = await site.take("http.request")
                request.upload(b"half", more=True)
                request.leave()
                await request.ended()
                assert await site.take(message["body_channel"]) == {"closed": True}
                assert (await site.take("http.disconnect"))["reply_channel"] == (
                    message["reply_channel"]
                )

        asyncio.run(scenario())

    def test_an_early_answer_does_not_wait_for_the_rest(self, make_layer):
        layer = make_layer(channel_capacity={"http.request.body?*": 1})

        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                for _ in range(4):
                    request.upload(bytes(BODY_PART_BYTES), more=True)
                message = await site.take("http.request")
                layer.send(message["reply_channel"], {"status": 413, "content": b"no"})
                await request.ended()
                assert (request.status, request.body) == (413, b"no")

        asyncio.run(scenario())

    def test_an_early_answer_does_not_wait_for_the_client_to_send_more(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request("POST")
                request.upload(bytes(BODY_PART_BYTES), more=True)
                message = await site.take("http.request")
                memory_layer.send(message["reply_channel"], {"status": 413})
                await request.ended()
                assert request.status == 413

        asyncio.run(scenario())

    def test_an_early_answer_is_noticed_while_a_part_waits_for_long(self, monkeypatch):
        monkeypatch.setattr(http, "RETRY_SECONDS", 600)
        layer = InMemoryChannelLayer(channel_capacity={"http.request.body?*": 1})

        async def scenario():
            async with serving(layer) as site:
                request, message = await start_large(site)
                layer.send(message["reply_channel"], {"status": 413})
                await request.ended()
                assert request.status == 413

        asyncio.run(scenario())

    def test_one_that_waits_for_room_is_not_an_answer_that_is_overdue(self, monkeypatch):
        monkeypatch.setattr(http, "RETRY_SECONDS", 0.2)
        monkeypatch.setattr(http, "RESPONSE_SECONDS", 0)
        layer = InMemoryChannelLayer(channel_capacity={"http.request.body?*": 1})

        async def scenario():
            async with serving(layer) as site:
                request, message = await start_large(site)
                for number in (1, 2):
                    part = await site.take(message["body_channel"])
                    assert part["content"][0] == number
                request.leave()
                await request.ended()
                assert request.status is None

        asyncio.run(scenario())

    def test_the_reader_is_told_of_a_part_that_was_given_up(self, make_layer, monkeypatch, caplog):
        monkeypatch.setattr(http, "BODY_WAIT_SECONDS", 0.02)
        layer = make_layer(channel_capacity={"http.request.body?*": 1})

        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                for number in range(3):
                    request.upload(bytes([number]) * BODY_PART_BYTES, more=True)
                message = await site.take("http.request")
                await eventually(lambda: "Dropped the rest" in caplog.text, "the log line")
                body = RequestBody(layer, message["body_channel"], message["body"], timeout=30)
                with pytest.raises(RequestTimeout, match="lost"):
                    await asyncio.to_thread(body.readall)
                request.upload(b"end")
                layer.send(message["reply_channel"], {"status": 408})
                await request.ended()
                assert layer.receive([message["body_channel"]]) == (None, None)

        asyncio.run(scenario())

    def test_one_is_read_once_though_the_layer_did_not_answer(self, valkey, layer_on, monkeypatch):
        monkeypatch.setattr(mailbox, "WRITE_SECONDS", 0.2)
        layer = layer_on(valkey)
        parts = [bytes([number]) * BODY_PART_BYTES for number in range(4)]

        async def scenario():
            async with serving(layer) as site:
                request = site.request("POST")
                request.upload(parts[0], more=True)
                message = await site.take("http.request")
                valkey.pause()
                for part in parts[1:]:
                    request.upload(part, more=True)
                await asyncio.sleep(1)  # for one part to be sent again and again
                valkey.resume()
                request.upload(b"end")
                body = RequestBody(layer, message["body_channel"], message["body"], timeout=30)
                assert await asyncio.to_thread(body.readall) == b"".join(parts) + b"end"
                layer.send(message["reply_channel"], {"status": 200})
                await request.ended()

        asyncio.run(scenario())

    @pytest.mark.parametrize(("error", "is_told"), [(Unanswered, True), (LayerUnavailable, False)])
    def test_none_is_waited_for_by_a_worker_that_may_have_the_request_of_a_503(
        self, memory_layer, monkeypatch, error, is_told
    ):
        async def scenario():
            async with serving(memory_layer) as site:
                fail_on_request(site.server.mailbox, monkeypatch, error)
                request = site.request("POST")
                request.upload(bytes(BODY_PART_BYTES), more=True)
                await request.ended()
                assert request.status == 503
                channel = (await site.take("http.request"))["body_channel"]
                expected = (channel, {"closed": True}) if is_told else (None, None)
                assert memory_layer.receive([channel]) == expected

        asyncio.run(scenario())

    def test_its_reader_is_told_when_the_server_cancels_the_request(self, make_layer):
        layer = make_layer(channel_capacity={"http.request.body?*": 1})

        async def scenario():
            async with serving(layer) as site:
                request, message = await start_large(site)
                await cancel(request)
                await hear_the_end(site, message["body_channel"])

        asyncio.run(scenario())

    def test_one_that_waits_for_room_is_left_when_the_client_leaves(self, daphne):
        body = b"".join(bytes([number]) * BODY_PART_BYTES for number in range(10))
        connection, message = daphne.request("POST", "/left/", body)
        time.sleep(0.5)  # for the channel to be full
        connection.close()
        left = time.monotonic()
        assert daphne.take("http.disconnect")["reply_channel"] == message["reply_channel"]
        assert time.monotonic() - left < 5  # Daphne cancels what goes on for longer than 10 s
        taken = [daphne.take(message["body_channel"]) for _ in range(4)]
        assert [part["content"][0] for part in taken[:-1]] == [1, 2, 3]
        assert taken[-1] == {"closed": True}


def fail_on_request(mailbox, monkeypatch, error) -> None:
    """Has a mailbox send requests, and say then that it failed."""
    send = mailbox.send

    def fail(channel, message):
        future = send(channel, message)
        if channel != "http.request":
            return future
        future = asyncio.get_running_loop().create_future()
        future.set_exception(error("no answer"))
        return future

    monkeypatch.setattr(mailbox, "send", fail)


async def cancel(request) -> None:
    """Ends a request as its server does, which goes on."""
    request.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request.task


async def hear_the_end(site, channel) -> None:
    """Reads the part of a body that had room, and then that no more will come."""
    assert (await site.take(channel))["content"][:1] == b"\1"
    assert await site.take(channel) == {"closed": True}


async def start_large(site):
    """Returns a request whose body has no room in its channel, which holds one part, and its
    message."""
    request = site.request("POST")
    for number in range(3):
        request.upload(bytes([number]) * BODY_PART_BYTES, more=True)
    message = await site.take("http.request")
    await asyncio.sleep(0.1)  # for the next part to wait for room
    return request, message


async def start_endless(site):
    """Returns a request whose body goes on, and its message."""
    request = site.request("POST")
    request.upload(bytes(BODY_PART_BYTES), more=True)
    return request, await site.take("http.request")


def waits(site) -> bool:
    """Whether a request waits for a reply, rather than for its client."""
    [connection] = site.server._connections.values()
    return connection._replies._waiter is not None


class TestSlowClient:
    PART = bytes(512 * 1024)

    def send_parts(self, layer, channel, *more):
        """Sends as many parts of a response, each of which says whether there are more."""
        for more_content in more:
            part = {"status": 200, "content": self.PART, "more_content": more_content}
            layer.send(channel, part)

    def test_its_writer_is_stopped_until_it_has_caught_up(self, layer):
        async def scenario():
            async with serving(layer) as site:
                request, channel = await start(site)
                request.reading.clear()
                layer.send(channel, {"status": 200, "more_content": True})

                def is_refused() -> bool:
                    try:
                        layer.send(channel, {"content": self.PART, "more_content": True})
                    except layer.ChannelFull:
                        return True
                    nonlocal sent
                    sent += 1
                    return False

                sent = 0
                await eventually(is_refused, "the writer to be stopped")
                request.reading.set()
                await eventually(lambda: not is_refused(), "the writer to be let on")
                layer.send(channel, {"content": b"end"})
                await request.ended()
                assert len(request.body) == sent * len(self.PART) + 3
                assert request.body.endswith(b"end")

        asyncio.run(scenario())

    def test_that_it_is_behind_is_said_again_until_it_has_caught_up(
        self, memory_layer, monkeypatch
    ):
        monkeypatch.setattr(http, "CHOKE_AGAIN_SECONDS", 0.01)
        said = []

        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                monkeypatch.setattr(site.server.mailbox, "choke", lambda *args: said.append(args))
                request.reading.clear()
                self.send_parts(memory_layer, channel, True, True, True, True)
                await eventually(lambda: said.count((channel, True)) > 2, "it to be said again")
                request.reading.set()
                await eventually(lambda: (channel, False) in said, "the end")
                count = len(said)
                await asyncio.sleep(0.05)  # for it to be said once more
                assert len(said) == count

        asyncio.run(scenario())

    def test_one_that_is_behind_at_the_end_is_not_waited_for(self, memory_layer, monkeypatch):
        said = []

        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                monkeypatch.setattr(site.server.mailbox, "choke", lambda *args: said.append(args))
                request.reading.clear()
                self.send_parts(memory_layer, channel, True, True, True, False)
                await eventually(lambda: said, "it to be behind")
                request.reading.set()
                await request.ended()
                assert request.body == self.PART * 4
                assert request.is_complete
                # A server may have nothing any more to ask how far behind its client is.
                assert (channel, False) not in said

        asyncio.run(scenario())


class TestDrain:
    @pytest.fixture(autouse=True)
    def _short_drain(self, monkeypatch):
        monkeypatch.setattr(server, "DRAIN_SECONDS", 0.05)

    def test_a_request_that_no_worker_has_yet_is_answered_with_503(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request("POST")
                request.upload(b"half", more=True)
                await asyncio.sleep(0)
                await site.server.drain()
                assert request.status == 503
                assert b"going away" in request.body

        asyncio.run(scenario())

    def test_one_that_waits_for_its_response_is_answered_with_503(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, _ = await start(site)
                await site.server.drain()
                assert (request.status, request.is_complete) == (503, True)

        asyncio.run(scenario())

    def test_a_response_that_goes_on_and_on_is_broken_off(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                memory_layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                await site.server.drain()
                with pytest.raises(http.BrokenOff):
                    await request.ended()
                assert not request.is_complete

        asyncio.run(scenario())

    def test_a_response_that_cannot_be_completed_does_not_begin_again(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                memory_layer.send(channel, {"status": 200, "content": b"a", "more_content": True})
                await eventually(lambda: request.body == b"a", "the first part")
                request.reading.clear()
                memory_layer.send(channel, {"content": b"b"})
                await eventually(lambda: not waits(site), "the next part")
                await site.server.drain()
                with pytest.raises(http.BrokenOff):
                    await request.ended()
                assert len(request.of("http.response.start")) == 1
                assert not request.is_complete

        asyncio.run(scenario())

    def test_the_reader_of_a_body_is_told_that_the_rest_will_not_come(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request = site.request("POST")
                request.upload(bytes(BODY_PART_BYTES), more=True)
                message = await site.take("http.request")
                await site.server.drain()
                assert request.status == 503
                assert await site.take(message["body_channel"]) == {"closed": True}

        asyncio.run(scenario())

    def test_without_a_drain_a_cancellation_is_one(self, memory_layer):
        async def scenario():
            async with serving(memory_layer) as site:
                request, channel = await start(site)
                await cancel(request)
                assert request.events == []
                assert (await site.take("http.disconnect"))["reply_channel"] == channel
                with pytest.raises(ChannelGone):
                    memory_layer.send(channel, {"status": 200, "content": b"for nobody"})

        asyncio.run(scenario())
