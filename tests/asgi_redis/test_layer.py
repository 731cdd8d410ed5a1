"""Tests of asgi_redis.layer beyond what every layer does."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.waiting import wait_until


def test_of_messages_that_come_at_once_on_several_channels_none_is_lost(valkey, layer_on):
    layer = layer_on(valkey)
    channels = ["one", "two", "three"]
    layer.nodes[0].expect(layer.nodes[0].execute(layer.commands.create_groups(channels)))
    with valkey.client() as client, ThreadPoolExecutor(1) as pool:
        reader = pool.submit(layer.receive, channels, block=True)
        wait_until(
            lambda: any(
                one["cmd"] == "xreadgroup" and one["flags"] == "b" for one in client.client_list()
            ),
            "the reader to wait",
        )
        with client.pipeline(transaction=True) as pipeline:
            for channel in channels:
                pipeline.xadd(layer.keys.stream(channel), {"m": b"\x80"})
            pipeline.execute()
        found = [reader.result(), *(layer.receive(channels) for _ in channels[1:])]
    assert sorted(channel for channel, _ in found) == sorted(channels)
    assert layer.receive(channels) == (None, None)
