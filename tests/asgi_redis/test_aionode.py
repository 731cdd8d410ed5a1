"""Tests of asgi_redis.aionode: one server, as an event loop talks to it."""

import asyncio
from contextlib import suppress

import pytest
from redis.exceptions import ResponseError

import asgi_redis.errors
from asgi_redis import scripts
from asgi_redis.aionode import AsyncLine, AsyncNode
from asgi_redis.hosts import url_servers
from channels.layers.exceptions import LayerUnavailable, UnsupportedServer
from tests.support.waiting import eventually


def line_to(url: str, seconds: float = 5.0) -> AsyncLine:
    return AsyncNode(url_servers([url], {})[0]).line(seconds)


def run(url: str, scenario, seconds: float = 5.0):
    """Runs a scenario with a line, and closes it."""

    async def whole():
        line = line_to(url, seconds)
        try:
            return await scenario(line)
        finally:
            await line.close()

    return asyncio.run(whole())


async def insist(line: AsyncLine, *command: str):
    """Returns the reply of a line whose time limit may be short for a slow machine."""
    for _ in range(100):
        with suppress(LayerUnavailable):
            return await line.run(command)
    raise AssertionError(f"no reply to {command}")


def test_many_commands_go_in_one_round_trip_and_a_refused_one_is_a_reply(redis_url, prefix):
    async def scenario(line):
        key = f"{prefix}key"
        return await line.execute([("SET", key, "a"), ("INCR", key), ("GET", key)])

    ok, refused, value = run(redis_url, scenario)
    assert (ok, value) == (b"OK", b"a")
    assert isinstance(refused, ResponseError)


def test_tasks_get_their_own_replies(redis_url):
    async def scenario(line):
        return await asyncio.gather(*(line.run(("ECHO", number)) for number in range(50)))

    assert run(redis_url, scenario) == [b"%d" % number for number in range(50)]


def test_scripts_that_the_server_has_forgotten_are_loaded_again(redis_url, prefix):
    async def scenario(line):
        await line.run(("SCRIPT", "FLUSH"))
        choke = scripts.choke([f"{prefix}choked"], "p!1", 1000, 1)
        await line.run(choke)
        return await line.run(("ZCARD", f"{prefix}choked"))

    assert run(redis_url, scenario) == 1


def test_commands_keep_their_order_though_another_loads_scripts_among_them(valkey):
    async def scenario(line):
        first, second = (scripts.send(["s", "n"], 9, 9999, "g", 9, data) for data in "ab")
        await line.execute([first, scripts.send.load, second])
        return await line.run(("XRANGE", "s", "-", "+"))

    for _ in range(2):
        assert [fields[1] for _, fields in run(valkey.url, scenario)] == [b"a", b"b"]
        valkey.restart()


def test_a_user_that_may_not_load_scripts_can_run_those_that_are_there(valkey):
    async def scenario(line):
        choke = scripts.choke(["choked"], "p!1", 1000, 1)
        with pytest.raises(LayerUnavailable, match=r"may not do this.*script\|load"):
            await line.run(choke)
        with valkey.client() as client:
            client.script_load(scripts.choke.text)
        await line.run(choke)
        return await line.run(("ZCARD", "choked"))

    with valkey.client() as client:
        client.execute_command("ACL SETUSER app on >word ~* &* +@all -script")
    assert run(f"redis://app:word@127.0.0.1:{valkey.port}/0", scenario) == 1


def test_a_server_that_does_not_answer_is_given_up_in_time(valkey):
    async def scenario(line):
        assert await insist(line, "PING") == b"PONG"
        valkey.pause()
        with pytest.raises(LayerUnavailable, match="no answer in time"):
            await line.run(("PING",))
        with pytest.raises(LayerUnavailable, match="no answer in time"):
            await line.run(("PING",))
        valkey.resume()
        assert await insist(line, "ECHO", "again") == b"again"

    run(valkey.url, scenario, seconds=0.2)


def test_a_cancelled_task_leaves_no_reply_for_the_next(redis_url, prefix):
    async def scenario(line):
        waiting = asyncio.ensure_future(line.run(("BLPOP", f"{prefix}nothing", 20)))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return await line.run(("ECHO", "mine"))

    assert run(redis_url, scenario) == b"mine"


def test_where_one_connection_is_dead_no_other_is_waited_for(proxy):
    async def scenario():
        node = AsyncNode(url_servers([f"redis://127.0.0.1:{proxy.port}/0"], {})[0])
        quick, patient = node.line(0.3), node.line(60)
        assert await asyncio.gather(*(insist(line, "PING") for line in (quick, patient)))
        proxy.cut()
        proxy.mend()
        with pytest.raises(LayerUnavailable, match="no answer in time"):
            await quick.run(("PING",))
        for line in (quick, patient):
            assert await insist(line, "PING") == b"PONG"
            await line.close()

    asyncio.run(scenario())


def test_a_connection_that_was_ended_while_it_was_idle_is_not_used(valkey):
    async def scenario(line):
        before = await line.run(("CLIENT", "ID"))
        with valkey.client() as client:
            client.client_kill_filter(_id=before)
        await eventually(lambda: not line._wire.is_usable, "the end to arrive")
        return before, await line.run(("CLIENT", "ID"))

    before, after = run(valkey.url, scenario)
    assert before != after


def test_a_server_that_may_not_be_the_primary_is_connected_to_anew(valkey):
    async def scenario(line):
        before = await line.run(("CLIENT", "ID"))
        with valkey.client() as client:
            client.config_set("min-replicas-to-write", "1")
        with pytest.raises(LayerUnavailable, match="too few replicas"):
            await line.execute([("SET", "key", "1")])
        return before, await line.run(("CLIENT", "ID"))

    before, after = run(valkey.url, scenario)
    assert before != after


def test_an_absent_server_and_one_that_is_too_old_are_told_apart(redis_url, monkeypatch):
    async def ping(line):
        await line.run(("PING",))

    with pytest.raises(LayerUnavailable, match=r"redis://127\.0\.0\.1:1/0"):
        run("redis://127.0.0.1:1/0", ping)
    monkeypatch.setattr(asgi_redis.errors, "MINIMUM_VERSION", (99, 0))
    with pytest.raises(UnsupportedServer, match="is version"):
        run(redis_url, ping)


def test_a_primary_that_another_has_taken_the_place_of_is_noticed():
    class Watched:
        places = [("a", 1), ("a", 1), None, ("b", 1)]

        async def find_async(self):
            return self.places.pop(0)

    async def scenario():
        node = AsyncNode(Watched())
        assert [await node.follow() for _ in range(3)] == [False] * 3
        era = node.era
        assert await node.follow()
        assert node.era > era

    asyncio.run(scenario())
