"""Tests of channels.interface.daphne_plain: requests with one reply, and with another fate."""

import asyncio
import http.client
import re
import signal
import socket
import time
from contextlib import closing, contextmanager
from functools import partial

import pytest

from channels.interface import daphne_plain
from channels.layers.exceptions import ChannelFull, ChannelGone, LayerUnavailable
from tests.support.daphne import SECONDS, Daphne
from tests.support.processes import started
from tests.support.waiting import eventually, wait_until
from tests.support.wires import called

GET = b"GET /page/ HTTP/1.1\r\nHost: x\r\n\r\n"
OK = {"status": 200, "content": b"done"}


class TestReplies:
    """In this process, where it can be seen who is there when."""

    def test_one_whole_reply_is_all_there_is(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                memory_layer.send(channel, OK)
                memory_layer.send(channel, {"status": 500, "content": b"too many"})
                response = await eventually(caller.received, "the response")
                assert response == b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone"
                assert not site.server.connections()
                assert not caller.channel.requests
                assert await heard(site, caller) == b""

        asyncio.run(scenario())

    def test_the_server_has_its_name_unless_the_reply_has_another(self, memory_layer):
        async def scenario():
            async with called(memory_layer, server_name="daphne") as (site, caller):
                for headers, names in (
                    ([], [b"daphne"]),
                    ([[b"SERVER", b"mine"]], [b"mine"]),
                    ([[b"X-Server", b"mine"]], [b"daphne"]),
                ):
                    channel = await request(site, caller)
                    memory_layer.send(channel, {**OK, "headers": headers})
                    response = await eventually(caller.received, "the response")
                    assert re.findall(rb"\nserver: (\w+)", response, re.IGNORECASE) == names

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "replies",
        [
            [{**OK, "content": b"do", "more_content": True}, {"content": b"ne"}],
            [{**OK, "headers": [[b"Content-Length", b"9"]], "content": b"done, no"}],
            [{**OK, "headers": [[b"Content-Length", b"2"]]}],
            [{**OK, "headers": [[b"Transfer-Encoding", b"chunked"]]}],
            [{"status": 204}],
            [{"status": 304, "headers": [[b"Content-Length", b"4"]]}],
            [{"status": 99}],
            [{"content": b"done"}],
            [{"text": "done"}],
            [{"closed": True}],
        ],
    )
    def test_others_end_as_if_it_had_been_read_by_twisted(self, memory_layer, replies):
        async def scenario(parts):
            async with called(memory_layer, server_name="daphne") as (site, caller):
                for part in parts:
                    caller.send(part)
                channel = (await site.take("http.request"))["reply_channel"]
                for reply in replies:
                    memory_layer.send(channel, reply)
                await eventually(lambda: not site.server.connections(), "the end")
                assert len(caller.server.scopes) == 1
                return caller.received(), caller.wire.aborted

        at_once, in_parts = (asyncio.run(scenario(parts)) for parts in ([GET], [GET[:9], GET[9:]]))
        assert at_once == in_parts

    def test_each_reply_comes_once_and_in_order(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                for letter in (b"a", b"b", b"c", b"d"):
                    part = {"status": 200, "content": letter, "more_content": letter != b"d"}
                    memory_layer.send(channel, part)
                    if letter == b"b":
                        await asyncio.sleep(0.01)
                await eventually(lambda: not site.server.connections(), "the end")
                content = caller.received().partition(b"\r\n\r\n")[2]
                assert content == b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n"

        asyncio.run(scenario())

    def test_a_lost_reply_ends_the_wait(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                site.server.lost([channel])
                response = await eventually(caller.received, "the response")
                assert response.startswith(b"HTTP/1.1 503 ")
                assert not site.server.connections()

        asyncio.run(scenario())

    @pytest.mark.parametrize("reply", [OK, {**OK, "status": 204}])
    def test_a_reply_may_come_by_a_group(self, memory_layer, reply):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                memory_layer.group_add("polls", channel)
                memory_layer.send_group("polls", reply)
                response = await eventually(caller.received, "the response")
                assert response.startswith(b"HTTP/1.1 %d " % reply["status"])
                await eventually(lambda: not memory_layer.group_channels("polls"), "the end")

        asyncio.run(scenario())


class TestPatience:
    def test_a_reply_that_takes_longer_is_waited_for(self, memory_layer, monkeypatch):
        monkeypatch.setattr(daphne_plain, "SOON_SECONDS", 0.0)

        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                plain = caller.channel.requests[0]
                plain.check_overdue()
                plain.check_overdue()
                assert len(caller.server.scopes) == 1
                assert list(site.server.connections()) == [channel]
                memory_layer.send(channel, OK)
                response = await eventually(caller.received, "the response")
                assert response.endswith(b"\r\n\r\ndone")
                await eventually(lambda: not site.server.connections(), "the end")
                assert caller.server.actions[0]["time_taken"] < SECONDS

        asyncio.run(scenario())

    def test_no_longer_than_the_server_gives_a_request(self, memory_layer):
        async def scenario():
            async with called(memory_layer, http_timeout=0.01) as (site, caller):
                await request(site, caller)
                await asyncio.sleep(0.02)
                caller.channel.requests[0].check_overdue()
                assert len(caller.server.scopes) == 1

        asyncio.run(scenario())

    def test_soon_is_not_over_at_once(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                caller.channel.requests[0].check_overdue()
                memory_layer.send(channel, OK)
                assert await eventually(caller.received, "the response")
                assert not caller.server.scopes

        asyncio.run(scenario())


class TestSending:
    @pytest.mark.parametrize("error", [ChannelFull, LayerUnavailable])
    def test_a_refused_request_is_answered(self, memory_layer, monkeypatch, error):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                sending = asyncio.get_running_loop().create_future()
                monkeypatch.setattr(site.server.mailbox, "send", lambda *_: sending)
                caller.send(GET)
                sending.set_exception(error("no"))
                response = await eventually(caller.received, "the response")
                assert response.startswith(b"HTTP/1.1 503 ")
                assert b"retry-after: 1\r\n" in response.lower()
                await eventually(lambda: not site.server.connections(), "the end")

        asyncio.run(scenario())

    def test_one_that_was_answered_before_is_not_answered_again(self, memory_layer, monkeypatch):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                sending = asyncio.get_running_loop().create_future()
                monkeypatch.setattr(site.server.mailbox, "send", lambda *_: sending)
                caller.send(GET)
                [channel] = site.server.connections()
                site.server.deliver(channel, OK)
                sending.set_exception(LayerUnavailable("no answer"))
                assert (await heard(site, caller)).endswith(b"\r\n\r\ndone")
                assert not caller.server.scopes

        asyncio.run(scenario())


class TestLeaving:
    @pytest.mark.parametrize("is_handed_over", [False, True])
    def test_a_client_that_leaves_is_reported_once(self, memory_layer, is_handed_over):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                channel = await request(site, caller)
                if is_handed_over:  # and has not been taken up yet
                    caller.channel.requests[0].hand_over()
                caller.leave()
                left = await site.take("http.disconnect")
                assert left == {"reply_channel": channel, "path": "/page/"}
                assert not site.server.connections()
                with pytest.raises(ChannelGone):
                    memory_layer.send(channel, OK)
                caller.channel.requests.clear()  # it has left for good
                await asyncio.sleep(0.02)
                assert memory_layer.receive(["http.disconnect"]) == (None, None)

        asyncio.run(scenario())


@pytest.fixture
def ready(daphne):
    """A Daphne that has served a request, as all do that are quick."""
    warm(daphne)
    return daphne


class TestInDaphne:
    def test_a_response_in_parts(self, ready):
        connection, message = ready.request()
        part = {"status": 200, "content": b"one", "more_content": True}
        ready.layer.send(message["reply_channel"], part)
        response = connection.getresponse()
        assert response.read(3) == b"one"
        ready.layer.send(message["reply_channel"], {"content": b"two"})
        assert response.read() == b"two"
        connection.close()

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_response_without_a_body(self, ready, status):
        connection, message = ready.request()
        reply = {"status": status, "content": b"not for the client"}
        ready.layer.send(message["reply_channel"], reply)
        response = connection.getresponse()
        assert (response.status, response.read()) == (status, b"")
        assert_goes_on(ready, connection)

    def test_a_response_that_is_longer_than_it_said(self, ready):
        connection, message = ready.request()
        headers = [[b"Content-Length", b"2"]]
        ready.layer.send(message["reply_channel"], {**OK, "headers": headers})
        assert connection.getresponse().read() == b"do"
        assert_goes_on(ready, connection)

    def test_a_response_that_is_shorter_than_it_said(self, ready):
        connection, message = ready.request()
        headers = [[b"Content-Length", b"9"]]
        ready.layer.send(message["reply_channel"], {**OK, "headers": headers})
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            connection.getresponse().read()
        connection.close()

    def test_a_response_that_takes_its_time(self, ready):
        connection, message = ready.request(path="/late/")
        time.sleep(2.5)
        ready.layer.send(message["reply_channel"], OK)
        assert connection.getresponse().read() == b"done"
        ready.process.wait_for_output('"GET /late/" 200 4')
        assert_goes_on(ready, connection)

    def test_only_the_first_response_counts(self, ready):
        connection, message = ready.request()
        for _ in range(3):
            ready.layer.send(message["reply_channel"], OK)
        assert connection.getresponse().read() == b"done"
        assert_goes_on(ready, connection)

    @pytest.mark.parametrize("reply", [{"status": "200"}, {"content": "text", "status": 200}])
    def test_a_response_that_is_none(self, ready, reply):
        connection, message = ready.request()
        ready.layer.send(message["reply_channel"], reply)
        response = connection.getresponse()
        assert response.status == 503
        assert b"not understood" in response.read()
        assert_goes_on(ready, connection)

    @pytest.mark.parametrize("seconds", [0, 2.5])
    def test_a_client_that_leaves_before_its_response(self, ready, seconds):
        connection, message = ready.request(path="/leaving/")
        time.sleep(seconds)  # after a second, more than a plain request waits
        connection.close()
        left = ready.take("http.disconnect")
        assert left == {"reply_channel": message["reply_channel"], "path": "/leaving/"}
        wait_until(partial(is_gone, ready, message["reply_channel"]), "the sender to be told")
        assert "Traceback" not in ready.process.output

    def test_a_client_that_leaves_in_the_middle_of_it(self, ready):
        connection, message = ready.request(path="/leaving/")
        part = {"status": 200, "content": b"one", "more_content": True}
        ready.layer.send(message["reply_channel"], part)
        connection.close()
        assert ready.take("http.disconnect")["reply_channel"] == message["reply_channel"]
        assert "Traceback" not in ready.process.output

    @pytest.mark.parametrize("options", [(), ("--server-name", ""), ("--server-name", "mine")])
    def test_a_response_and_its_line_in_the_log(self, tmp_path, redis_url, prefix, options):
        with started(Daphne(tmp_path, redis_url, prefix, options=options)) as daphne:
            warm(daphne)
            for status, headers in ((200, []), (418, [[b"Server", b"ours"], [b"X-A", b"\xe9"]])):
                reply = {"status": status, "headers": headers, "content": b"a teapot"}
                at_once, in_parts = (
                    ask(daphne, parts, reply) for parts in ([GET], [GET[:9], GET[9:]])
                )
                assert at_once == in_parts
                logged = f'"GET /page/" {status} 8'
                wait_until(lambda line=logged: daphne.process.output.count(line) == 2, "the log")

    def test_an_end_of_the_server_while_one_waits(self, tmp_path, redis_url, prefix):
        with ending(Daphne(tmp_path, redis_url, prefix)) as daphne:
            warm(daphne)
            connection, message = daphne.request()
            terminate(daphne)
            time.sleep(0.2)
            daphne.layer.send(message["reply_channel"], OK)
            response = connection.getresponse()
            assert (response.headers["connection"], response.read()) == ("close", b"done")
            connection.close()

    def test_an_end_of_the_server_while_none_does(self, tmp_path, redis_url, prefix):
        with ending(Daphne(tmp_path, redis_url, prefix)) as daphne:
            warm(daphne)
            connection, message = daphne.request()
            daphne.layer.send(message["reply_channel"], OK)
            assert connection.getresponse().read() == b"done"
            waiting, message = daphne.request()  # it keeps the server from its end
            terminate(daphne)
            connection.request("GET", "/last/")
            last = daphne.take("http.request")
            for channel in (last["reply_channel"], message["reply_channel"]):
                daphne.layer.send(channel, OK)
            for client in (connection, waiting):
                response = client.getresponse()
                assert (response.headers["connection"], response.read()) == ("close", b"done")
                client.close()

    def test_nobody_is_asked_while_workers_are_busy(self, tmp_path, redis_url, prefix):
        with started(Daphne(tmp_path, redis_url, prefix)) as daphne:
            warm(daphne)
            with pytest.raises(daphne.layer.ChannelFull):
                for _ in range(1000):
                    daphne.layer.send("http.request", {})
            for _ in range(2):
                assert b"All workers are busy." in unavailable(daphne)
            assert "Traceback" not in daphne.process.output

    def test_nobody_is_asked_while_redis_is_away(self, tmp_path, valkey):
        with started(Daphne(tmp_path, valkey.url, "away:")) as daphne:
            warm(daphne)
            connection, _ = daphne.request()
            valkey.kill()
            for _ in range(2):
                assert b"The message queue cannot be reached." in unavailable(daphne)
            assert connection.getresponse().status == 503
            connection.close()
            valkey.start()
            assert "Traceback" not in daphne.process.output


async def request(site, caller) -> str:
    """Sends a request; returns its reply channel."""
    caller.send(GET)
    return (await site.take("http.request"))["reply_channel"]


async def heard(site, caller) -> bytes:
    """Returns what a client has received when its server has heard all that was sent to it."""
    await asyncio.sleep(0.02)
    return caller.received()


def warm(daphne) -> None:
    """Has a Daphne serve a request."""
    connection, message = daphne.request()
    daphne.layer.send(message["reply_channel"], OK)
    assert connection.getresponse().read() == b"done"
    connection.close()


def assert_goes_on(daphne, connection) -> None:
    """Shows that a connection can be used for another request, and closes it."""
    connection.request("GET", "/next/")
    message = daphne.take("http.request")
    assert message["path"] == "/next/"
    daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"next"})
    assert connection.getresponse().read() == b"next"
    connection.close()


def is_gone(daphne, channel) -> bool:
    try:
        daphne.layer.send(channel, OK)
    except ChannelGone:
        return True
    return False


def ask(daphne, parts, reply) -> bytes:
    """Sends a request whose parts arrive one by one; returns the response."""
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        for part in parts:
            client.sendall(part)
            time.sleep(0.05)
        daphne.layer.send(daphne.take("http.request")["reply_channel"], reply)
        return client.recv(4096)


def unavailable(daphne) -> bytes:
    """Returns why a request was answered 503."""
    connection = http.client.HTTPConnection("127.0.0.1", daphne.port, timeout=SECONDS)
    with closing(connection):
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.status == 503
        return response.read()


@contextmanager
def ending(daphne):
    """A Daphne that is told to end in the block, and ends well after it."""
    with started(daphne):
        yield daphne
        assert daphne.process.wait() == 0, daphne.process.output
        assert "Traceback" not in daphne.process.output


def terminate(daphne) -> None:
    daphne.process.signal(signal.SIGTERM)
    daphne.process.wait_for_output("Going away")
