"""Tests of asgi_redis.keys: names of keys, and which host has them."""

from collections import Counter

import pytest

from asgi_redis.keys import Keys, shard

NAMES = [f"channel-{number}" for number in range(3000)]


def test_every_key_is_below_its_prefix():
    keys = Keys("asgi:", "meta:")
    for key in (
        keys.stream("test"),
        keys.inbox("p!"),
        keys.group("g"),
        keys.groups_of("p!"),
        keys.dropped("p!"),
        keys.given_up("p!"),
        keys.choked("p!"),
        keys.answer("a"),
        keys.silence,
        keys.worker_silence,
        keys.processes,
        keys.workers,
        keys.dead_letters,
        keys.loads,
    ):
        assert key.startswith("asgi:")
    assert keys.statistics.startswith("meta:")
    assert keys.channel_statistics("test").startswith("meta:")


def test_names_of_one_kind_are_never_those_of_another():
    keys = Keys("asgi:", "asgi:")
    names = [keys.stream("x"), keys.inbox("x"), keys.group("x"), keys.groups_of("x")]
    names += [keys.dropped("x"), keys.given_up("x"), keys.choked("x"), keys.answer("x")]
    names += [keys.statistics, keys.channel_statistics("x"), keys.processes, keys.workers]
    names += [keys.dead_letters, keys.loads, keys.silence, keys.worker_silence]
    assert len(set(names)) == len(names)


def test_prefixes_that_scripts_complete_are_those_of_the_keys():
    keys = Keys("asgi:", "meta:")
    assert keys.inboxes + "p!" == keys.inbox("p!")
    assert keys.groups + "g" == keys.group("g")
    assert keys.memberships + "p!" == keys.groups_of("p!")
    assert keys.drops + "p!" == keys.dropped("p!")
    assert keys.tombs + "p!" == keys.given_up("p!")


def test_only_worker_channels_belong_to_a_machine():
    shared, local = Keys("asgi:", "meta:"), Keys("asgi:", "meta:", machine="here:")
    assert local.stream("test") != shared.stream("test")
    assert local.inbox("p!") == shared.inbox("p!")
    assert local.group("g") == shared.group("g")


class TestShards:
    def test_one_host_has_everything(self):
        assert {shard(name, 1) for name in NAMES} == {0}

    @pytest.mark.parametrize("hosts", [2, 3, 7])
    def test_hosts_share_evenly(self, hosts):
        counts = Counter(shard(name, hosts) for name in NAMES)
        assert counts.keys() == set(range(hosts))
        assert min(counts.values()) > len(NAMES) / hosts * 0.8

    def test_every_process_finds_the_same_host(self):
        # Written down, because processes of an older version share the hosts with newer ones.
        names = ("websocket.receive", "http.request", "chat")
        assert [shard(name, 3) for name in names] == [0, 2, 0]

    def test_another_host_moves_only_a_part(self):
        moved = sum(shard(name, 4) != shard(name, 5) for name in NAMES)
        assert moved < len(NAMES) * 0.6
