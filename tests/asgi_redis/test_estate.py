"""Tests of asgi_redis.estate: what a worker leaves goes to others, however much it is."""

import pytest

from asgi_redis.estate import hand_back_all


@pytest.mark.parametrize("died", [False, True])
def test_all_of_it_goes_back_and_the_worker_is_forgotten(make_redis_layer, died):
    layer = make_redis_layer(capacity=1500)
    for _ in range(1100):
        layer.send("test", {})
    node, commands = layer.nodes[0], layer.commands
    layer.create_groups(node, ["test"])
    assert len(node.run(commands.read("gone", ["test"], [False], 1500))) == 1100
    assert hand_back_all(node, commands, "test", "gone", died) == (1100, [])
    stream = layer.keys.stream("test")
    assert node.run(("XINFO", "CONSUMERS", stream, "workers")) == []
    assert node.run(("XLEN", stream)) == 1100
    assert node.run(("XPENDING", stream, "workers"))[0] == 0


def test_nothing_of_a_channel_that_there_is_not(redis_layer):
    node, commands = redis_layer.nodes[0], redis_layer.commands
    assert hand_back_all(node, commands, "test", "gone", died=True) == (0, [])
