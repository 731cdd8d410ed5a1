"""Tests of channels.interface.daphne_channel: the short way, and which requests take it."""

import asyncio
import http.client
import socket
import time
from contextlib import closing

import pytest

from tests.support.certificates import make_certificate, trusting
from tests.support.daphne import SECONDS, Daphne
from tests.support.processes import started
from tests.support.waiting import eventually
from tests.support.wires import called

# What browsers and proxies send, and what has tripped readers of HTTP before.
HEADS = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /stra%C3%9Fe/%2F%ff?a=1&b=%20?#c HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET //other/..;/?? HTTP/1.1\r\nHost:x\r\nHost: y\r\nconnection: Keep-Alive\r\n\r\n",
    b'GET /"<>\\^`{|} HTTP/1.1\r\nCookie: a=b; c\r\nCOOKIE:\r\nX: \t\xc3\xa9\xff \t\r\n\r\n',
    b"GET / HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1 , 10.0.0.1\r\nX-Forwarded-Port: 81\r\n"
    b"X-Forwarded-Proto: https\r\n\r\n",
    b"GET / HTTP/1.1\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\nX-Forwarded-Port: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nX-Forwarded-Port: 81\r\nX-Forwarded-Proto: \r\n\r\n",
]
GET = HEADS[0]


class TestWhoIsQuick:
    def test_a_plain_request_needs_no_object_of_twisted(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                for _ in range(2):
                    caller.send(GET)
                    await answer(site, b"done")
                    response = await eventually(caller.received, "the response")
                    assert response.endswith(b"\r\ncontent-length: 4\r\n\r\ndone")
                assert caller.server.request is None

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        "parts",
        [
            [GET[:20], GET[20:]],
            [b"\r\n" + GET],
            [b"HEAD" + GET[3:]],
            [GET[:-2] + b"Daphne-Root-Path: /page\r\n\r\n"],
        ],
    )
    def test_any_other_is_read_by_twisted(self, memory_layer, parts):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                for part in parts:
                    caller.send(part)
                await answer(site, b"done")
                assert await eventually(caller.received, "the response")
                assert len(caller.server.scopes) == 1

        asyncio.run(scenario())

    def test_so_are_all_before_the_server_listens_and_when_it_goes_away(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                for opened, draining in ((False, False), (True, True)):
                    site.server._opened, site.server.draining = opened, draining
                    caller.send(GET)
                    await answer(site, b"done")
                    assert await eventually(caller.received, "the response")
                assert len(caller.server.scopes) == 2

        asyncio.run(scenario())

    def test_so_is_one_whose_answer_would_have_to_wait(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                caller.wire._takes = 0
                caller.send(GET)
                await answer(site, b"first")
                await eventually(lambda: not caller.channel.requests, "the response")
                caller.send(GET)
                assert len(caller.server.scopes) == 1
                caller.wire._takes = 1 << 30
                assert caller.received().endswith(b"first")
                await answer(site, b"second")
                response = await eventually(caller.received, "the response")
                assert response.endswith(b"second")

        asyncio.run(scenario())


class TestTimeout:
    def test_an_idle_connection_is_closed_and_one_that_waits_is_not(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                caller.send(GET)
                caller.clock.advance(1000)
                assert not caller.wire.disconnecting
                await answer(site, b"done")
                assert await eventually(caller.received, "the response")
                caller.clock.advance(59)
                assert not caller.wire.disconnecting
                caller.clock.advance(1)
                assert caller.wire.disconnecting

        asyncio.run(scenario())

    def test_neither_is_one_that_waits_with_more_patience(self, memory_layer):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                caller.send(GET)
                caller.channel.requests[0].hand_over()
                caller.clock.advance(1000)
                assert not caller.wire.disconnecting
                await answer(site, b"done")
                assert await eventually(caller.received, "the response")
                caller.clock.advance(60)
                assert caller.wire.disconnecting

        asyncio.run(scenario())


class TestPipelining:
    @pytest.mark.parametrize("is_handed_over", [False, True])
    def test_what_comes_behind_waits_for_its_turn(self, memory_layer, is_handed_over):
        post = b"POST /2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"

        async def scenario():
            async with called(memory_layer) as (site, caller):
                caller.send(b"GET /1/ HTTP/1.1\r\nHost: x\r\n\r\n")
                caller.send(post[:30])
                caller.send(post[30:] + b"GET /3/ HTTP/1.1\r\nHost: x\r\n\r\n")
                if is_handed_over:
                    caller.channel.requests[0].hand_over()
                for path, body in (("/1/", b""), ("/2/", b"body"), ("/3/", b"")):
                    assert len(site.server.connections()) == 1
                    message = await answer(site, path.encode())
                    assert (message["path"], message["body"]) == (path, body)
                    response = await eventually(caller.received, "the response")
                    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
                    assert response.endswith(path.encode())
                assert not site.server.connections()

        asyncio.run(scenario())

    @pytest.mark.parametrize("is_handed_over", [False, True])
    def test_only_so_much_is_read_ahead(self, memory_layer, is_handed_over):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                reading = caller.wire.reactor.readers
                caller.wire.startReading()
                caller.send(GET)
                caller.send(b"POST / HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + bytes(20_000))
                assert not reading
                if is_handed_over:
                    caller.channel.requests[0].hand_over()
                assert not reading
                await answer(site, b"first")
                assert await eventually(caller.received, "the response")
                assert (await answer(site, b"second"))["body"] == bytes(20_000)
                assert await eventually(caller.received, "the response")
                assert reading

        asyncio.run(scenario())


class TestEmptyLines:
    @pytest.mark.parametrize("parts", [[GET, b"\r\n"], [b"\r\n", GET], [b"\r\n" + GET]])
    def test_one_at_each_request_is_passed_over(self, memory_layer, parts):
        async def scenario():
            async with called(memory_layer) as (site, caller):
                for _ in range(3):
                    for part in parts:
                        caller.send(part)
                    await answer(site, b"done")
                    response = await eventually(caller.received, "the response")
                    assert response.endswith(b"\r\n\r\ndone")

        asyncio.run(scenario())


class TestInDaphne:
    @pytest.mark.parametrize("head", HEADS)
    def test_a_request_is_the_same_whoever_reads_it(self, daphne, head):
        connection, message = daphne.request()  # the first of all is none to be quick with
        answer_to(daphne, message, connection)
        at_once, in_parts = (ask(daphne, parts) for parts in ([head], [head[:9], head[9:]]))
        assert at_once == in_parts

    def test_a_root_path_is_told_by_the_command_alone(self, tmp_path, redis_url, prefix):
        options = ("--root-path", "/page")
        with started(Daphne(tmp_path, redis_url, prefix, options=options)) as daphne:
            head = b"GET /page/1/ HTTP/1.1\r\nHost: x\r\n\r\n"
            messages = [ask(daphne, parts) for parts in ([head], [head], [head[:9], head[9:]])]
        assert messages[0] == messages[1] == messages[2]
        assert (messages[0]["root_path"], messages[0]["path"]) == ("/page", "/page/1/")

    @pytest.mark.parametrize(
        "lines",
        [
            b"X-Forwarded-For: \xff\r\n",
            b"X-Forwarded-For: a\r\nX-Forwarded-Port: 99999999999999999999\r\n",
        ],
    )
    @pytest.mark.parametrize("size", [9, 1000])
    def test_an_address_that_no_message_carries_is_the_fault_of_who_sent_it(
        self, daphne, lines, size
    ):
        connection, message = daphne.request()
        answer_to(daphne, message, connection)
        head = GET[:-2] + lines + b"\r\n"
        with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
            send(client, [head[:size], head[size:]])
            assert client.recv(4096).startswith(b"HTTP/1.1 400 ")

    def test_requests_that_come_one_by_one_are_answered_in_order(self, daphne):
        post = b"POST /2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
        with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
            send(client, [b"GET /1/" + GET[5:], post, b"GET /3/" + GET[5:]])
            for path in ("/1/", "/2/", "/3/"):
                message = daphne.take("http.request")
                assert message["path"] == path
                reply = {"status": 200, "content": path.encode()}
                daphne.layer.send(message["reply_channel"], reply)
                assert client.recv(4096).endswith(b"\r\n\r\n" + path.encode())

    def test_a_middleware_round_the_layer_misses_nothing(self, wrapped):
        connection, message = wrapped.request()
        for number in range(3):
            content = b"%d" % number
            wrapped.layer.send(message["reply_channel"], {"status": 200, "content": content})
            response = connection.getresponse()
            assert (response.headers["x-voice"], response.read()) == ("loud", content)
            connection.request("GET", "/")
            message = wrapped.take("http.request")
        connection.close()

    def test_tls_is_seen(self, tmp_path, redis_url, prefix):
        files = make_certificate(tmp_path, "localhost")
        with (
            started(Daphne(tmp_path, redis_url, prefix, certificate=files)) as daphne,
            closing(
                http.client.HTTPSConnection(
                    "localhost", daphne.port, timeout=SECONDS, context=trusting(files[0])
                )
            ) as connection,
        ):
            for content in (b"first", b"second", bytes(3_000_000), b"last"):
                connection.request("GET", "/")
                message = daphne.take("http.request")
                assert (message["scheme"], message["client"][0]) == ("https", "127.0.0.1")
                reply = {"status": 200, "content": content}
                daphne.layer.send(message["reply_channel"], reply)
                assert connection.getresponse().read() == content

    def test_the_client_at_a_unix_socket_has_no_address(self, tmp_path, redis_url, prefix):
        path = str(tmp_path / "socket")
        with (
            started(Daphne(tmp_path, redis_url, prefix, options=("-u", path))) as daphne,
            socket.socket(socket.AF_UNIX) as client,
        ):
            client.settimeout(SECONDS)
            client.connect(path)
            for content in (b"first", b"second"):
                client.sendall(GET)
                message = daphne.take("http.request")
                assert message["client"] is message["server"] is None
                reply = {"status": 200, "content": content}
                daphne.layer.send(message["reply_channel"], reply)
                assert client.recv(4096).endswith(content)
            daphne.process.wait_for_output('"GET /" 200 6')


async def answer(site, content):
    """Answers the next request; returns it."""
    message = await site.take("http.request")
    site.layer.send(message["reply_channel"], {"status": 200, "content": content})
    return message


def answer_to(daphne, message, connection) -> None:
    """Answers a request, and has its client leave."""
    daphne.layer.send(message["reply_channel"], {"status": 204})
    assert connection.getresponse().status == 204
    connection.close()


def send(client, parts) -> None:
    """Sends parts that arrive one by one."""
    for part in parts:
        client.sendall(part)
        time.sleep(0.05)


def ask(daphne, parts):
    """Sends a request in parts; returns what is in its message, whoever has sent it."""
    with socket.create_connection(("127.0.0.1", daphne.port), SECONDS) as client:
        send(client, parts)
        message = daphne.take("http.request")
        daphne.layer.send(message["reply_channel"], {"status": 200, "content": b"done"})
        assert client.recv(4096).endswith(b"done")
        if (message["client"] or [None])[0] == "127.0.0.1":
            assert message["client"].pop() == client.getsockname()[1]
    return {**message, "reply_channel": None}
