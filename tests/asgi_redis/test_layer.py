"""Tests of asgi_redis.layer beyond what every layer does."""

import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pytest

from asgi_redis import RedisChannelLayer, RedisLocalChannelLayer
from asgi_redis.commands import Commands
from asgi_redis.keys import shard
from channels.layers.exceptions import LayerUnavailable, RefusedForNow
from channels.layers.outgoing import Outgoing
from tests.support.waiting import wait_until

NAMES = [f"test.{number}" for number in range(9)]


def test_what_is_for_one_of_several_servers_that_is_away_may_be_sent_later(
    valkey, layer_on, redis_url, prefix
):
    layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
    valkey.kill()
    refusals = layer.send_all([Outgoing.to_channel(name, {}) for name in NAMES])
    assert {item.name for item, _ in refusals} == {name for name in NAMES if shard(name, 2)}
    assert {type(error) for _, error in refusals} == {RefusedForNow}
    valkey.start()
    layer.flush()


def test_a_group_has_its_message_though_the_server_of_one_member_is_away(
    valkey, layer_on, redis_url, prefix, caplog
):
    layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)
    group = next(name for name in NAMES if not shard(name, 2))
    away = next(name for name in NAMES if shard(name, 2))
    layer.group_add(group, away)
    layer.group_add(group, "test!member")
    valkey.kill()
    layer.send_group(group, {"number": 1})  # not an error, upon which it would be sent again
    assert f"the last to channel '{away}'" in caplog.text
    valkey.start()
    assert layer.receive(["test!"]) == ("test!member", {"number": 1})
    assert layer.receive(["test!"]) == (None, None)
    layer.flush()


def test_what_is_put_back_needs_no_room(make_redis_layer):
    layer = make_redis_layer(capacity=1)
    layer.send("test", {"number": 1})
    with pytest.raises(layer.ChannelFull):
        layer.send("test", {"number": 2})
    layer.send_again("test", {"number": 2})
    assert [layer.receive(["test"])[1]["number"] for _ in range(2)] == [1, 2]


class TestSettingAside:
    @pytest.fixture(params=["redis", "shards"])
    def layer(self, request, make_redis_layer):
        return make_redis_layer(request.param)

    def test_one_of_several_processes_is_told_what_has_waited_too_long(self, layer):
        layer.set_aside("owner!1", 1, "test", {}, 0)
        layer.set_aside("owner!1", 2, "test", {}, 60)
        assert layer.overdue() == [("owner!1", 1)]
        assert layer.overdue() == []

    def test_nobody_is_told_of_what_came_back(self, layer):
        layer.set_aside("owner!1", 1, "test", {}, 0)
        layer.bring_back("owner!1", [1])
        assert layer.overdue() == []

    def test_servers_that_answer_tell_though_another_is_away(
        self, valkey, layer_on, redis_url, prefix
    ):
        layer = layer_on(hosts=[valkey.url, redis_url], prefix=prefix)
        owner = next(name for name in NAMES if shard(name, 2))
        layer.set_aside(owner, 1, "test", {}, 0)
        valkey.kill()
        assert layer.overdue() == [(owner, 1)]
        valkey.start()
        layer.flush()

    def test_a_channel_that_holds_something_else_costs_no_message(self, make_redis_layer):
        layer = make_redis_layer()
        key = layer.keys.stream("test")
        layer.nodes[0].run(("SET", key, "foreign"))
        layer.set_aside("owner!1", 1, "test", {}, 60)
        with pytest.raises(LayerUnavailable):
            layer.bring_back("owner!1", [1])
        layer.nodes[0].run(("DEL", key))
        layer.bring_back("owner!1", [1])
        assert layer.receive(["test"]) == ("test", {})

    def test_machines_do_not_take_each_others(self, redis_url, prefix, monkeypatch):
        layers = []
        for name in ("one", "two"):
            monkeypatch.setattr("socket.gethostname", lambda name=name: name)
            layers.append(RedisLocalChannelLayer(hosts=[redis_url], prefix=prefix))
        one, two = layers
        one.set_aside("owner!1", 1, "test", {}, 0)
        assert two.overdue() == []
        two.bring_back("owner!1", [1])
        assert one.overdue() == [("owner!1", 1)]
        one.bring_back("owner!1", [1])
        assert one.receive(["test"]) == ("test", {})


class TestSettingAsideForAnotherServer:
    """The message is taken on one server, written to the other, and then removed."""

    @pytest.fixture
    def layer(self, make_redis_layer):
        layer = make_redis_layer("shards")
        assert layer.shard("owner!1") != layer.shard("test")
        return layer

    def test_of_two_who_bring_back_at_once_one_does(self, layer, monkeypatch):
        layer.set_aside("owner!1", 1, "test", {}, 60)
        between(monkeypatch, lambda: layer.bring_back("owner!1", [1]))
        layer.bring_back("owner!1", [1])
        assert layer.receive(["test"]) == ("test", {})
        assert layer.receive(["test"]) == (None, None)

    def test_one_that_comes_again_while_it_is_brought_back_stays(self, layer, monkeypatch):
        layer.set_aside("owner!1", 1, "test", {"number": 1}, 60)
        between(monkeypatch, lambda: layer.set_aside("owner!1", 1, "test", {"number": 2}, 60))
        for number in (1, 2):
            layer.bring_back("owner!1", [1])
            assert layer.receive(["test"]) == ("test", {"number": number})

    def test_what_was_taken_and_not_put_back_is_there_again_after_a_while(self, layer, monkeypatch):
        monkeypatch.setattr("asgi_redis.commands.TAKEN_MS", 200)
        layer.set_aside("owner!1", 1, "test", {}, 60)
        with monkeypatch.context() as patch, pytest.raises(LayerUnavailable):
            patch.setattr(Commands, "put_back", Mock(side_effect=LayerUnavailable))
            layer.bring_back("owner!1", [1])

        def comes_back():
            layer.bring_back("owner!1", [1])
            return layer.receive(["test"])[0]

        wait_until(comes_back, "the message")


def between(monkeypatch, action) -> None:
    """Does something after a message was taken and before it is put back, once."""
    put_back, pending = Commands.put_back, [action]

    def act_first(*arguments):
        while pending:
            pending.pop()()
        return put_back(*arguments)

    monkeypatch.setattr(Commands, "put_back", act_first)


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


@pytest.mark.parametrize("block", [False, True])
@pytest.mark.parametrize("channel", ["test", "test!member"])
def test_what_is_no_message_is_told_and_the_next_one_read(make_redis_layer, caplog, channel, block):
    layer = make_redis_layer(symmetric_encryption_keys=["new"])
    other = make_redis_layer(symmetric_encryption_keys=["old"])
    name = channel.removesuffix("member")
    assert layer.receive([name]) == (None, None)

    def send() -> None:
        other.send(channel, {"number": 1})
        layer.send(channel, {"number": 2})

    timer = threading.Timer(0.2, send)
    if block:
        timer.start()
    else:
        send()
    assert layer.receive([name], block=block) == (channel, {"number": 2})
    letters = [letter.channel for letter in layer.dead_letters]
    assert letters == ([] if "!" in channel else [channel])  # a process's inbox has one reader
    assert "encrypted with none" in caplog.text


def test_a_key_that_holds_something_else_keeps_no_other_channel_waiting(redis_layer):
    redis_layer.nodes[0].run(("SET", redis_layer.keys.stream("broken"), "something else"))
    redis_layer.send("test", {"number": 1})
    assert redis_layer.receive(["broken", "test"]) == ("test", {"number": 1})
    timer = threading.Timer(0.2, redis_layer.send, ("test", {"number": 2}))
    timer.start()
    assert redis_layer.receive(["broken", "test"], block=True) == ("test", {"number": 2})
    with pytest.raises(LayerUnavailable, match="WRONGTYPE"):
        redis_layer.receive(["broken"])


@pytest.mark.parametrize("special", ["*", "?", "[b]", "[^a]", "[a-c]", "\\"])
def test_flush_takes_its_prefix_literally(redis_url, prefix, layer_on, special):
    own, other = (layer_on(hosts=[redis_url], prefix=f"{prefix}{end}:") for end in (special, "b"))
    for layer in (own, other):
        layer.send("test", {})
    own.flush()
    assert own.receive(["test"]) == (None, None)
    assert other.receive(["test"]) == ("test", {})


def test_a_subscription_needs_a_channel(redis_layer):
    with pytest.raises(ValueError, match="Cannot subscribe to no channels"):
        redis_layer.subscribe([])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"at_most_once": "http.*"}, r"^at_most_once must be a list.*write \['http\.\*'\]"),
        ({"prefix": None}, "^prefix must be a str, not None"),
        ({"stats_prefix": 5}, "^stats_prefix must be a str, not 5"),
        ({"expiry": "60"}, "^expiry must be a number of seconds"),
        ({"hosts": []}, "^hosts has none in it"),
        ({"hosts": ["redis://a:1"], "connection_kwargs": {"nonsense": 1}}, "^conn.*'nonsense'"),
        ({"hosts": ["rediss://a:1?ssl_cert_reqs=maybe"]}, "^connection_kwargs, or a URL.*maybe"),
        ({"hosts": ["rediss://a:1?ssl_ca_certs=/no/ca.pem"]}, "^ssl_ca_certs is '/no/ca.pem', but"),
        ({"hosts": [("a", "redis")]}, r"^hosts must have URLs.*, not \('a', 'redis'\)"),
    ],
)
def test_settings_that_cannot_work_are_named(config, words):
    with pytest.raises(ValueError, match=words):
        RedisChannelLayer(**config)
