"""Tests of asgi_redis.mailbox: an interface server's groups heal, and what is lost is told."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

import asgi_redis.commands
import asgi_redis.mailbox
from asgi_redis.errors import unavailable
from asgi_redis.pace import FEWEST
from channels.layers.exceptions import ChannelFull, ChannelGone, LayerUnavailable
from channels.layers.mailbox import Mailbox
from channels.layers.outgoing import Outgoing
from tests.support.mailboxes import Receiver, hear, opened
from tests.support.waiting import eventually


@pytest.fixture(autouse=True)
def _short_times(monkeypatch):
    """Heartbeats are quick, and so is the verdict on servers that have none."""
    for name, seconds in {
        "BEAT_SECONDS": 0.05,
        "READ_SECONDS": 1.0,
        "READ_BLOCK_MS": 500,
        "WRITE_SECONDS": 0.3,
        "RETRY_SECONDS": 0.05,
        "AWAY_SECONDS": 0.05,
    }.items():
        monkeypatch.setattr(asgi_redis.mailbox, name, seconds)
    monkeypatch.setattr(asgi_redis.commands, "PROCESS_TTL_MS", 600)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


async def joined(layer, mailbox, receiver, group: str = "friends") -> str:
    """Puts a new channel of a mailbox, which beats, into a group and returns it."""
    await eventually(lambda: all(branch._run for branch in mailbox._branches), "its heartbeats")
    channel = mailbox.new_channel()
    await asyncio.to_thread(layer.group_add, group, channel)
    await hear(layer, mailbox, receiver)
    return channel


async def reaches(layer, receiver, group: str = "friends") -> None:
    """Waits until messages to a group arrive."""

    def sent() -> bool:
        try:
            layer.send_group(group, {"probe": True})
        except LayerUnavailable:
            return False
        return any("probe" in message for _, message in receiver.groups)

    await eventually(sent, "a message to the group")


class TestHealing:
    def test_groups_are_whole_after_a_restart_that_forgot_everything(
        self, valkey, layer_on, receiver
    ):
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                await asyncio.to_thread(valkey.restart)
                await reaches(layer, receiver)
                assert receiver.groups[-1][0] == {channel}
                assert await asyncio.to_thread(layer.group_channels, "friends") == [channel]
            assert receiver.lost_channels == set()

        asyncio.run(scenario())

    def test_groups_are_whole_after_a_flush(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                await joined(redis_layer, mailbox, receiver)
                await asyncio.to_thread(redis_layer.flush)
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())

    def test_a_pause_of_redis_costs_no_socket(self, valkey, layer_on):
        """Nobody can be heard while Redis is away: afterwards nobody is taken for dead."""
        layer = layer_on(valkey)

        async def scenario():
            first, second = Receiver(), Receiver()
            async with opened(layer, first) as one, opened(layer, second) as two:
                await joined(layer, one, first)
                await joined(layer, two, second)
                valkey.pause()
                await asyncio.sleep(1.5)  # more than twice the time after which silence is death
                valkey.resume()
                await asyncio.to_thread(send_when_back, layer, "friends", {"first": "message"})
                for receiver in (first, second):
                    await eventually(
                        lambda receiver=receiver: receiver.groups, "the first message after it"
                    )
                await asyncio.sleep(1)  # for a wrong verdict to be told
                await reaches(layer, first)
                await reaches(layer, second)
            for receiver in (first, second):
                assert receiver.lost_channels == set()
                assert receiver.groups[0][1] == {"first": "message"}

        asyncio.run(scenario())

    def test_while_redis_is_away_sends_fail_promptly_and_then_work_again(
        self, valkey, layer_on, receiver
    ):
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                await mailbox.send("test", {"number": 1})
                await asyncio.to_thread(valkey.stop)
                for _ in range(3):
                    with pytest.raises(LayerUnavailable, match=str(valkey.port)):
                        await mailbox.send("test", {"number": 2})
                await asyncio.to_thread(valkey.start)
                await eventually_sends(mailbox, "test", {"number": 3})

        asyncio.run(scenario())
        assert layer.receive(["test"])[1] == {"number": 3}

    def test_the_log_tells_of_an_outage_once(self, valkey, layer_on, receiver, caplog):
        caplog.set_level(logging.WARNING, "asgi_redis")
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                await asyncio.to_thread(valkey.stop)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(valkey.start)
                await eventually_sends(mailbox, "test", {})

        asyncio.run(scenario())
        assert len([r for r in caplog.records if "keep trying" in r.message]) == 1

    def test_it_may_be_opened_before_redis(self, valkey, layer_on, receiver):
        valkey.stop()
        layer = layer_on(valkey)

        async def scenario():
            mailbox = layer.open_mailbox("test", receiver)
            await mailbox.open()
            await asyncio.to_thread(valkey.start)
            channel = mailbox.new_channel()
            await asyncio.to_thread(send_when_back, layer, channel, {"value": 1}, is_group=False)
            await eventually(lambda: receiver.direct, "the message")
            await mailbox.close()

        asyncio.run(scenario())


class TestDeadServers:
    def test_one_leaves_every_group_and_its_inbox_goes(self, redis_layer):
        async def scenario():
            dead, alive = Receiver(), Receiver()
            corpse = redis_layer.open_mailbox("dead", dead)
            await corpse.open()
            async with opened(redis_layer, alive) as mailbox:
                gone = await joined(redis_layer, corpse, dead)
                stays = await joined(redis_layer, mailbox, alive)
                await die(corpse)
                group = redis_layer.keys.group("friends")
                members = ("ZRANGE", group, 0, -1)
                await eventually(
                    lambda: redis_layer.nodes[0].run(members) == [mailbox.name.encode()],
                    "its removal",
                )
                assert await asyncio.to_thread(redis_layer.group_channels, "friends") == [stays]
                inbox = redis_layer.keys.inbox(corpse.name)
                assert redis_layer.nodes[0].run(("EXISTS", inbox)) == 0
                with pytest.raises(ChannelGone):
                    redis_layer.send(gone, {})  # as a response that is still being written
                # A consumer that is late adds a socket of the dead server.
                await asyncio.to_thread(redis_layer.group_add, "friends", gone)
                assert await asyncio.to_thread(redis_layer.group_channels, "friends") == [stays]
            await corpse.close()

        asyncio.run(scenario())

    @pytest.mark.parametrize("beat_seconds", [0.05, 60])
    def test_what_was_dropped_is_told_before_anything_later_comes(
        self, make_redis_layer, receiver, monkeypatch, beat_seconds
    ):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", beat_seconds)
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_redis_layer()

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                member = await joined(layer, mailbox, receiver)
                for number in range(20):  # in one turn of the loop, so that nothing is read
                    layer.send_group("friends", {"number": number})
                await eventually(lambda: receiver.groups, "the first")
                layer.send_group("friends", {"number": 20})
                last = ("group", {"number": 20})
                await eventually(lambda: last in receiver.events, "the last")
                *before, lost, after = receiver.events
                assert before == [("group", {"number": n}) for n in range(len(before))]
                assert len(before) < 20
                assert (lost, after) == (("lost", {member}), last)

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("others", "silence", "is_told"),
        [
            ("workers", None, True),
            ("processes", None, True),
            (None, None, False),
            # Redis was away for all, and others are heard again first.
            ("processes", "silence", False),
            ("processes", "worker_silence", False),
            ("workers", "worker_silence", False),
        ],
    )
    def test_one_that_was_away_for_longer_than_messages_live_is_told_if_others_were_not(
        self, redis_layer, receiver, monkeypatch, others, silence, is_told
    ):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)
        monkeypatch.setattr(asgi_redis.commands.Commands, "bury", lambda *_: ("PING",))
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                receiver.held = {mailbox.new_channel()}
                last = server_ms(redis_layer) - redis_layer.commands.expiry_ms - 20_000
                score = ("ZSCORE", keys.processes, mailbox.name)
                await eventually(lambda: node.run(score), "its heartbeat")
                node.run(("DEL", keys.silence))
                if silence:
                    node.run(("SET", getattr(keys, silence), 1))
                node.run(("ZADD", keys.processes, last, mailbox.name))
                if others:
                    node.run(("ZADD", getattr(keys, others), last + 20_000, "other"))
                mailbox._branches[0]._beat_now.set()
                await eventually(lambda: float(node.run(score)) > last, "the next")
                await asyncio.sleep(0.05)
                assert receiver.lost_channels == (receiver.held if is_told else set())

        asyncio.run(scenario())

    def test_all_that_were_away_together_are_told_if_workers_were_not(
        self, make_redis_layer, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)
        layer = make_redis_layer(expiry=1)
        [node], keys = layer.nodes, layer.keys

        async def scenario():
            first, second = Receiver(), Receiver()
            async with opened(layer, first) as one, opened(layer, second) as two:
                here, there = await joined(layer, one, first), await joined(layer, two, second)
                last = server_ms(layer) - 60_000
                node.run(("DEL", keys.silence))
                for mailbox in (one, two):
                    node.run(("ZADD", keys.processes, last, mailbox.name))
                node.run(("ZADD", keys.workers, server_ms(layer), "worker"))
                beat(one)
                await eventually(lambda: first.lost_channels == {here}, "the news")
                beat(two)
                await eventually(lambda: second.lost_channels == {there}, "the same")

        asyncio.run(scenario())

    @pytest.mark.parametrize(
        ("capacity", "miss"),
        [
            (100, lambda layer, channel: layer.send(channel, {})),
            (100, lambda layer, channel: layer.send_group("friends", {})),
            (1, lambda layer, channel: layer.send_group("friends", {})),
            (100, lambda layer, channel: layer.tell_lost(channel)),
        ],
        ids=["direct", "group", "overflow", "lost"],
    )
    def test_one_that_stands_still_for_longer_than_messages_live_is_told_all_the_same(
        self, make_redis_layer, receiver, monkeypatch, capacity, miss
    ):
        monkeypatch.setattr(asgi_redis.commands, "PROCESS_TTL_MS", 10_000)
        layer = make_redis_layer(expiry=0.1, capacity=capacity)

        async def scenario():
            mailbox = layer.open_mailbox("test", receiver)
            channel = mailbox.new_channel()
            layer.group_add("friends", channel)
            miss(layer, channel)
            await asyncio.sleep(0.3)
            await mailbox.open()
            await eventually(lambda: receiver.events, "what it missed")
            await reaches(layer, receiver)
            await mailbox.close()

        asyncio.run(scenario())

    def test_news_of_groups_that_waits_in_a_full_inbox_outlives_messages(
        self, make_redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_redis_layer(expiry=0.1)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel, [branch] = mailbox.new_channel(), mailbox._branches
                await stop_reading(branch)
                layer.group_add("friends", channel)
                for _ in range(2):
                    with pytest.raises(ChannelFull):
                        for _ in range(6):
                            layer.send(channel, {})
                    await asyncio.sleep(layer.commands.keep_ms / 1000 + 0.1)
                read_again(branch)
                await reaches(layer, receiver)
                assert receiver.lost_channels == {channel}  # of the messages

        asyncio.run(scenario())

    def test_one_that_died_is_buried_though_the_clock_was_put_back(self, redis_layer, receiver):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver):
                node.run(("ZADD", keys.processes, 10**14, "dead!"))
                await eventually(lambda: node.run(("EXISTS", keys.given_up("dead!"))), "the note")

        asyncio.run(scenario())

    def test_one_that_was_only_stopped_is_told_that_it_missed_something(self, redis_layer):
        async def scenario():
            async with given_up(redis_layer) as (sleeper, slept, channel):
                alone = slept.new_channel()  # in no group
                sleeper.held = {channel, alone}
                for branch in slept._branches:
                    branch.open()  # it is continued
                await eventually(lambda: sleeper.lost_channels, "the news")
                assert sleeper.lost_channels == {channel, alone}
                await reaches(redis_layer, sleeper)
                redis_layer.send(channel, {})

        asyncio.run(scenario())

    def test_one_that_is_late_with_its_heartbeat_stays_and_hears_that_it_missed_something(
        self, redis_layer, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.commands, "PROCESS_TTL_MS", 10_000)
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            late, alive = Receiver(), Receiver()
            async with opened(redis_layer, late) as mailbox, opened(redis_layer, alive):
                channel = await joined(redis_layer, mailbox, late)
                both = ("ZCARD", keys.processes)
                await eventually(lambda: node.run(both) == 2, "a heartbeat of both")
                node.run(("DEL", keys.silence))  # as it is ten seconds after the first start
                beat = server_ms(redis_layer) - 12_000
                node.run(("ZADD", keys.processes, beat, mailbox.name))
                redis_layer.send_group("friends", {"number": 1})
                mailbox._branches[0]._beat_now.set()  # before anybody has buried it
                await eventually(lambda: late.events, "the news")
                redis_layer.send_group("friends", {"number": 2})
                await eventually(lambda: late.groups, "the next message")
                assert late.events == [("lost", {channel}), ("group", {"number": 2})]

        asyncio.run(scenario())

    def test_it_is_told_although_a_heartbeat_came_before_whose_answer_nobody_got(self, redis_layer):
        async def scenario():
            async with given_up(redis_layer) as (sleeper, slept, channel):
                node, [branch] = redis_layer.nodes[0], slept._branches
                # As one that was under way over a connection which has been given up.
                node.run(redis_layer.commands.beat(slept.name, 1, branch._run, branch._note))
                branch.open()
                await eventually(lambda: sleeper.lost_channels == {channel}, "the news")
                note = ("EXISTS", redis_layer.keys.given_up(slept.name))
                await eventually(lambda: not node.run(note), "the end of the note")

        asyncio.run(scenario())

    def test_what_it_missed_is_said_until_it_knows_and_meanwhile_it_may_join(self, redis_layer):
        node, keys = redis_layer.nodes[0], redis_layer.keys
        now = server_ms(redis_layer)
        node.run(("ZADD", keys.processes, now - 10 * redis_layer.commands.keep_ms, "test!"))
        node.run(("ZADD", keys.processes, now, "other!"))

        def note(known: bytes) -> bytes:
            return node.run(redis_layer.commands.beat("test!", 0, "", known))[1]

        first = note(b"")
        assert first
        assert note(b"") == first
        redis_layer.group_add("friends", "test!member")
        assert node.run(("ZRANGE", keys.group("friends"), 0, -1)) == [b"test!"]
        assert note(first) == note(b"") == b""

    def test_it_is_told_although_it_cannot_be_registered_again_yet(self, redis_layer):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with given_up(redis_layer) as (sleeper, slept, channel):
                node.run(("SET", keys.groups_of(slept.name), "something else"))
                slept._branches[0].open()  # it is continued
                await eventually(lambda: sleeper.lost_channels, "the news")
                assert sleeper.lost_channels == {channel}
                node.run(("DEL", keys.groups_of(slept.name)))
                await reaches(redis_layer, sleeper)

        asyncio.run(scenario())


class TestGroups:
    def test_one_that_is_left_while_somebody_comes_is_gone_back_to(
        self, redis_layer, receiver, monkeypatch
    ):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                branch, comes = mailbox._branches[0], mailbox.new_channel()
                run = branch._manager.run

                async def run_late(command):
                    branch._manager.run = run
                    await asyncio.to_thread(redis_layer.group_add, "friends", comes)
                    await hear(redis_layer, mailbox, receiver)
                    unread = ("XLEN", keys.inbox(mailbox.name))
                    await eventually(lambda: node.run(unread) == 0, "its news to be trimmed")
                    return await run(command)

                monkeypatch.setattr(branch._manager, "run", run_late)
                await branch._leave(["friends"])
                assert node.run(("ZRANGE", keys.group("friends"), 0, -1)) == [mailbox.name.encode()]
                assert receiver.lost_channels == {comes}
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())

    def test_who_is_taken_out_while_redis_has_forgotten_all_stays_out(
        self, redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                redis_layer.flush()
                time.sleep(0.002)  # ids of an inbox that begins anew begin with the millisecond
                redis_layer.group_discard("friends", channel)
                await hear(redis_layer, mailbox, receiver)
                assert not mailbox._branches[0].inbox.members.groups()

        asyncio.run(scenario())

    def test_they_are_registered_with_another_primary_and_all_sockets_told(
        self, redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel, branch = await joined(redis_layer, mailbox, receiver), mailbox._branches[0]
                alive = ("ZSCORE", keys.processes, mailbox.name)
                await eventually(lambda: node.run(alive), "its heartbeat")
                node.run(("DEL", keys.group("friends")))

                async def follow() -> bool:
                    return True

                monkeypatch.setattr(branch._node, "follow", follow)
                branch._beat_now.set()
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())


class TestForeignKeys:
    """Some other program writes to a group's key."""

    @pytest.fixture
    def spoil(self, redis_layer):
        def spoil(group: str) -> None:
            redis_layer.nodes[0].run(("SET", redis_layer.keys.group(group), "something else"))

        return spoil

    def test_the_other_groups_are_registered_again(self, redis_layer, receiver, spoil):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                for group in ("enemies", "friends"):
                    await joined(redis_layer, mailbox, receiver, group)
                for name in (redis_layer.keys.group("friends"), redis_layer.keys.processes):
                    redis_layer.nodes[0].run(("DEL", name))
                spoil("enemies")
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())

    def test_it_can_be_left(self, redis_layer, receiver, spoil, caplog):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver, "enemies")
                [branch] = mailbox._branches
                await eventually(lambda: branch._registered, "that it knows the group")
                spoil("enemies")
                mailbox.forget(channel)
                await eventually(lambda: not branch._registered, "that it leaves the group")
                assert branch.available

        asyncio.run(scenario())
        assert "unavailable" not in caplog.text

    def test_a_dead_member_of_it_is_buried(self, redis_layer, receiver, spoil):
        async def scenario():
            dead = Receiver()
            corpse = redis_layer.open_mailbox("dead", dead)
            await corpse.open()
            async with opened(redis_layer, receiver) as mailbox:
                await joined(redis_layer, corpse, dead, "enemies")
                spoil("enemies")
                await die(corpse)
                processes = ("ZRANGE", redis_layer.keys.processes, 0, -1)
                await eventually(
                    lambda: redis_layer.nodes[0].run(processes) == [mailbox.name.encode()],
                    "its removal",
                )
            await corpse.close()

        asyncio.run(scenario())


class TestSeveralServers:
    def test_one_that_was_away_for_longer_than_replies_wait_for_it_is_told(
        self, valkey, layer_on, redis_url, prefix, receiver
    ):
        layer = layer_on(hosts=[redis_url, valkey.url], prefix=prefix)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channels = {mailbox.new_channel() for _ in range(20)}
                receiver.held = channels
                for expiry, lost in ((60, set()), (0.1, {c for c in channels if layer.shard(c)})):
                    layer.expiry = expiry
                    await asyncio.to_thread(valkey.stop)
                    await eventually(lambda: away_of(mailbox), "the end of its server")
                    await asyncio.sleep(0.1)
                    await asyncio.to_thread(valkey.start)
                    await eventually(lambda: not away_of(mailbox), "its server")
                    assert receiver.lost_channels == lost

        asyncio.run(scenario())

    def test_a_channel_that_is_in_groups_on_several_counts_once(self, make_redis_layer, receiver):
        layer = make_redis_layer("shards")
        groups = {layer.shard(name): name for name in (f"group-{n}" for n in range(50))}
        assert len(groups) == 3

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                for count in (1, 2):
                    channel = mailbox.new_channel()
                    for group in groups.values():
                        layer.group_add(group, channel)
                    await hear(layer, mailbox, receiver)
                    beat(mailbox)
                    await eventually(lambda count=count: loads(layer) == count, "the count")
                await asyncio.sleep(0.2)  # for further heartbeats
                assert loads(layer) == 2

        asyncio.run(scenario())


def loads(layer) -> int:
    """Returns how many channels are in groups, as the heartbeats say."""
    return sum(int(load) for node in layer.nodes for load in node.run(("HVALS", layer.keys.loads)))


def away_of(mailbox: Mailbox) -> list[int]:
    """Returns which servers do not answer."""
    return [index for index, branch in enumerate(mailbox._branches) if not branch.available]


class TestForgetting:
    """Redis has lost its memory, or a part of it, and the next heartbeat is yet to come."""

    @pytest.fixture(autouse=True)
    def _rare_heartbeats(self, monkeypatch):
        monkeypatch.setattr(asgi_redis.commands, "PROCESS_TTL_MS", 10_000)
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)

    def test_what_groups_are_sent_meanwhile_arrives_in_order_at_all_servers(self, redis_layer):
        async def scenario():
            first, second = Receiver(), Receiver()
            async with opened(redis_layer, first) as one, opened(redis_layer, second) as two:
                for mailbox, receiver in ((one, first), (two, second)):
                    await joined(redis_layer, mailbox, receiver)
                    await joined(redis_layer, mailbox, receiver, "others")
                redis_layer.flush()
                sent = [{"number": number} for number in range(4)]
                redis_layer.send_group("friends", sent[0])
                redis_layer.send_group("others", sent[1])
                beat(one)
                await eventually(lambda: len(first.groups) == 2, "the first two")
                redis_layer.send_group("friends", sent[2])
                beat(two)
                await eventually(lambda: len(second.groups) == 3, "the first three")
                redis_layer.send_group("friends", sent[3])
                for receiver in (first, second):
                    await eventually(lambda receiver=receiver: len(receiver.groups) == 4, "all")
                    assert [message for _, message in receiver.groups] == sent
                    assert receiver.lost_channels == set()

        asyncio.run(scenario())

    def test_who_joins_meanwhile_gets_what_is_sent_afterwards_and_the_others_all(
        self, redis_layer, receiver
    ):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                older = await joined(redis_layer, mailbox, receiver)
                redis_layer.flush()
                redis_layer.send_group("friends", {"number": 1})
                newer = await joined(redis_layer, mailbox, receiver)
                redis_layer.send_group("friends", {"number": 2})
                beat(mailbox)
                await reaches(redis_layer, receiver)
                assert receiver.groups[:2] == [
                    ({older}, {"number": 1}),
                    ({older, newer}, {"number": 2}),
                ]
                assert receiver.lost_channels == set()

        asyncio.run(scenario())

    def test_who_joins_meanwhile_brings_the_others_what_they_missed_in_order(
        self, redis_layer, receiver
    ):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                older = await joined(redis_layer, mailbox, receiver)
                redis_layer.flush()
                sent = [{"number": number} for number in range(30)]
                for name in ("friends", "friends-2"):
                    redis_layer.send_all([Outgoing.to_group(name, message) for message in sent])
                await joined(redis_layer, mailbox, receiver)
                assert receiver.groups == [({older}, message) for message in sent]

        asyncio.run(scenario())

    def test_who_joins_meanwhile_looks_at_nothing_that_is_kept_for_others(self, valkey, layer_on):
        layer = layer_on(valkey)
        layer.send_group("others", {})
        with valkey.client() as client:
            client.config_resetstat()
            layer.group_add("friends", "test!member")
            assert "cmdstat_xrange" not in client.info("commandstats")
            layer.group_add("others", "test!member")
            assert client.info("commandstats")["cmdstat_xrange"]["calls"] == 1

    def test_it_is_known_since_when_something_may_be_lost(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                alive = ("ZSCORE", redis_layer.keys.processes, mailbox.name)
                await eventually(lambda: redis_layer.nodes[0].run(alive), "its heartbeat")
                before = time.monotonic()
                assert not mailbox.has_forgotten(before)
                redis_layer.flush()
                beat(mailbox)
                await eventually(lambda: mailbox.has_forgotten(before), "the loss to be noticed")
                assert not mailbox.has_forgotten(time.monotonic())

        asyncio.run(scenario())

    def test_who_had_not_read_all_of_its_inbox_is_told(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                redis_layer.send(channel, {"number": 1})
                time.sleep(0.1)  # the loop stands still, so that nothing is read
                await eventually(lambda: receiver.direct, "the message")
                redis_layer.flush()
                beat(mailbox)
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())

    def test_who_had_not_read_all_is_told_of_a_restart_that_may_have_lost_the_end(
        self, valkey, layer_on, receiver
    ):
        valkey.process.command += ["--appendonly", "yes"]
        valkey.restart()
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                layer.send(channel, {"number": 1})
                time.sleep(0.1)  # the loop stands still, so that nothing is read
                await eventually(lambda: receiver.direct, "the message")
                await asyncio.to_thread(valkey.restart)
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")

        asyncio.run(scenario())

    def test_who_comes_back_when_nothing_is_kept_any_more_is_told(self, redis_layer):
        async def scenario():
            late, early = Receiver(), Receiver()
            async with opened(redis_layer, late) as one, opened(redis_layer, early) as two:
                channel = await joined(redis_layer, one, late)
                redis_layer.flush()
                beat(two)
                keys, node = redis_layer.keys, redis_layer.nodes[0]
                await eventually(lambda: node.run(("DEL", keys.silence)), "ten seconds to pass")
                redis_layer.send_group("friends", {"number": 1})
                beat(one)
                await eventually(lambda: late.lost_channels == {channel}, "the news")
                await reaches(redis_layer, late)

        asyncio.run(scenario())

    def test_who_was_known_but_not_its_group_is_told(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                keys, node = redis_layer.keys, redis_layer.nodes[0]
                # A replica took over that had not heard of it, and of the first connection's end.
                node.run(("DEL", keys.group("friends"), keys.silence))
                redis_layer.send_group("friends", {"number": 1})
                mailbox._branches[0].available = False
                beat(mailbox)
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")
                await reaches(redis_layer, receiver)

        asyncio.run(scenario())

    def test_what_is_kept_has_a_bound_and_who_needs_more_is_told(
        self, make_redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_redis_layer()

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                layer.flush()
                for number in range(7):
                    layer.send_group("friends", {"number": number})
                assert layer.nodes[0].run(("XLEN", layer.keys.kept)) <= 6
                beat(mailbox)
                await eventually(lambda: receiver.groups, "the kept messages")
                assert receiver.events[0] == ("lost", {channel})

        asyncio.run(scenario())

    def test_what_has_expired_before_it_could_be_given_is_told(self, redis_layer, receiver):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                redis_layer.flush()
                for entry_id in ("1-1", "1-2"):
                    node.run(("XADD", keys.kept, entry_id, "g", "friends", "m", "very old"))
                redis_layer.send_group("friends", {"number": 3})
                beat(mailbox)
                await eventually(lambda: receiver.groups, "what is kept")
                assert receiver.events == [("lost", {channel}), ("group", {"number": 3})]

        asyncio.run(scenario())

    def test_what_has_expired_is_told_however_long_nobody_came(
        self, make_redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr(asgi_redis.commands, "PROCESS_TTL_MS", 250)
        layer = make_redis_layer(expiry=0.5)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                layer.flush()
                layer.send_group("friends", {"number": 1})
                await asyncio.sleep(0.8)
                beat(mailbox)
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")
                await reaches(layer, receiver)

        asyncio.run(scenario())

    def test_what_is_kept_goes_when_all_are_heard_again(self, redis_layer, receiver):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                redis_layer.send_group("friends", {"number": 1})
                assert node.run(("XLEN", keys.kept)) == 1
                await eventually(lambda: node.run(("DEL", keys.silence)), "ten seconds to pass")
                beat(mailbox)
                await eventually(lambda: not node.run(("EXISTS", keys.kept)), "the end of it")
                redis_layer.send_group("friends", {"number": 2})
                assert not node.run(("EXISTS", keys.kept))

        asyncio.run(scenario())

    def test_a_clock_that_is_behind_costs_nothing_that_waits_for_the_heartbeat(
        self, redis_layer, receiver
    ):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel, inbox = mailbox.new_channel(), keys.inbox(mailbox.name)
                ahead = f"{server_ms(redis_layer) + 60_000}-0"
                node.run(("XADD", inbox, ahead, "a", "friends", "m", channel))
                await eventually(lambda: node.run(("XLEN", inbox)) == 0, "the entry to be read")
                redis_layer.flush()
                redis_layer.send(channel, {"number": 1})
                await asyncio.sleep(1)  # for reads that would throw it away
                beat(mailbox)
                await eventually(lambda: receiver.direct, "the message")

        asyncio.run(scenario())


class TestRemains:
    """What has been read goes, also from an inbox that nothing more is sent to."""

    def test_it_goes_with_the_next_thing_that_is_sent(self, redis_layer, receiver, monkeypatch):
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                monkeypatch.setattr(asgi_redis.mailbox, "READ_BLOCK_MS", 60_000)
                redis_layer.send(mailbox.new_channel(), {"number": 1})
                await eventually(lambda: receiver.direct, "the message")
                await mailbox.send("test", {})
                inbox = keys.inbox(mailbox.name)
                await eventually(lambda: node.run(("XLEN", inbox)) == 0, "the entry to go")

        asyncio.run(scenario())

    def test_it_goes_when_nothing_comes(self, redis_layer, receiver, monkeypatch):
        monkeypatch.setattr(asgi_redis.mailbox, "READ_BLOCK_MS", 50)
        node, keys = redis_layer.nodes[0], redis_layer.keys

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                redis_layer.send(mailbox.new_channel(), {"number": 1})
                await eventually(lambda: receiver.direct, "the message")
                inbox = keys.inbox(mailbox.name)
                await eventually(lambda: node.run(("XLEN", inbox)) == 0, "the entry to go")

        asyncio.run(scenario())

    def test_another_redis_is_not_asked_to_remove_it(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                [branch] = mailbox._branches
                redis_layer.send(mailbox.new_channel(), {"number": 1})
                await eventually(lambda: receiver.direct, "the message")
                await branch._reader.close()
                branch._node.renew()
                branch.inbox.last_id = f"{server_ms(redis_layer) + 60_000}-0"
                beat(mailbox)  # which finds that the inbox began anew
                await eventually(lambda: branch.inbox.last_id == "0-0", "it to be noticed")
                assert branch._remains.removal() == []

        asyncio.run(scenario())


def beat(mailbox: Mailbox) -> None:
    """Makes the heartbeats of a mailbox come now."""
    for branch in mailbox._branches:
        branch._beat_now.set()


class TestLargeMessages:
    def test_they_find_an_inbox_full_that_small_ones_still_fit_in(
        self, make_redis_layer, receiver, monkeypatch
    ):
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_bytes", 1_000_000)
        layer = make_redis_layer()
        large = {"content": bytes(100_000)}

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                with pytest.raises(ChannelFull):
                    for _ in range(20):  # in one turn of the loop, so that nothing is read
                        layer.send(channel, large)
                layer.send(channel, {"number": 1})
                layer.send_group("friends", large)
                await eventually(lambda: receiver.lost_channels == {channel}, "the news")
                assert (channel, {"number": 1}) in receiver.direct
                assert large not in [message for _, message in receiver.groups]
                layer.send(channel, large)  # there is room again

        asyncio.run(scenario())


class TestChoking:
    def test_it_ends_by_itself_whatever_else_is_choked(self, make_redis_layer, receiver):
        layer = make_redis_layer(expiry=0.3)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                slow, other = mailbox.new_channel(), mailbox.new_channel()

                def refuses_beside(choked: str) -> bool:
                    mailbox.choke(choked, True)
                    with suppress(ChannelFull):
                        layer.send(slow, {})
                        return False
                    return True

                await eventually(lambda: refuses_beside(slow), "the choking")
                await eventually(lambda: not refuses_beside(other), "its end")

        asyncio.run(scenario())

    @pytest.mark.parametrize("sign", [1, -1], ids=["behind", "gone"])
    def test_it_lasts_as_long_as_messages_do_and_anew_when_it_is_said_again(
        self, redis_layer, receiver, sign
    ):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = mailbox.new_channel()

                def lasts(since: int) -> bool:
                    until = choked_until(redis_layer, mailbox, channel) * sign
                    return until >= since + redis_layer.commands.expiry_ms

                for _ in range(2):
                    now = server_ms(redis_layer)
                    mailbox.choke(channel, True) if sign == 1 else mailbox.hang_up(channel)
                    await eventually(lambda now=now: lasts(now), "the choking")
                    await asyncio.sleep(0.002)

        asyncio.run(scenario())


class TestClosing:
    def test_nothing_of_it_is_left_in_redis(self, redis_layer, receiver, monkeypatch):
        monkeypatch.setattr(asgi_redis.mailbox, "BEAT_SECONDS", 60)  # it has had no time to tidy

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                name = mailbox.name
            # A consumer that is late adds a socket of the server that has gone.
            await asyncio.to_thread(redis_layer.group_add, "friends", channel)
            return name

        name = asyncio.run(scenario())
        node, keys = redis_layer.nodes[0], redis_layer.keys
        assert node.run(("ZRANGE", keys.group("friends"), 0, -1)) == []
        assert node.run(("ZRANGE", keys.processes, 0, -1)) == []
        assert node.run(("EXISTS", keys.groups_of(name))) == 0
        assert redis_layer.group_channels("friends") == []

    def test_what_its_groups_are_told_afterwards_is_bounded(self, make_redis_layer, receiver):
        layer = make_redis_layer(capacity=5)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                return mailbox.name, mailbox.new_channel()

        name, channel = asyncio.run(scenario())
        for _ in range(20):
            layer.group_add("friends", channel)
            layer.group_discard("friends", channel)
        assert layer.nodes[0].run(("XLEN", layer.keys.inbox(name))) == 5

    def test_it_ends_while_redis_is_away(self, valkey, layer_on, receiver):
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver):
                await asyncio.to_thread(valkey.stop)

        asyncio.run(scenario())


class TestTidying:
    def test_a_group_that_its_members_have_left_costs_nothing_any_more(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                mailbox.forget(channel)
                group = redis_layer.keys.group("friends")
                await eventually(
                    lambda: redis_layer.nodes[0].run(("EXISTS", group)) == 0, "its removal"
                )

        asyncio.run(scenario())

    def test_a_group_is_left_while_the_inbox_is_busy_unless_news_of_it_waits_there(
        self, redis_layer, receiver
    ):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                left = await joined(redis_layer, mailbox, receiver, "left")
                joined_again = await joined(redis_layer, mailbox, receiver, "joined")
                [branch] = mailbox._branches
                await stop_reading(branch)
                late = mailbox.new_channel()
                redis_layer.send(late, {})
                redis_layer.group_add("joined", late)
                for channel in (left, joined_again):
                    mailbox.forget(channel)
                groups = ("SMEMBERS", redis_layer.keys.groups_of(mailbox.name))
                await eventually(lambda: node.run(groups) == [b"joined"], "it to leave one")
                for group, members in {"left": [], "joined": [mailbox.name.encode()]}.items():
                    assert node.run(("ZRANGE", redis_layer.keys.group(group), 0, -1)) == members
                read_again(branch)
                await reaches(redis_layer, receiver, "joined")
                assert receiver.groups[-1][0] == {late}

        node = redis_layer.nodes[0]
        asyncio.run(scenario())

    def test_what_redis_does_not_take_now_is_left_later(self, redis_layer, receiver, caplog):
        node = redis_layer.nodes[0]

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                channel = await joined(redis_layer, mailbox, receiver)
                groups = redis_layer.keys.groups_of(mailbox.name)
                node.run(("RENAME", groups, f"{groups}-aside"))
                node.run(("SET", groups, "something else"))
                mailbox.forget(channel)
                await eventually(lambda: "keep trying" in caplog.text, "a first attempt")
                node.run(("RENAME", f"{groups}-aside", groups))
                await eventually(lambda: not node.run(("EXISTS", groups)), "its removal")

        caplog.set_level(logging.WARNING, "asgi_redis")
        asyncio.run(scenario())

    def test_the_inbox_holds_nothing_that_was_read(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                await joined(redis_layer, mailbox, receiver)
                for _ in range(50):
                    redis_layer.send_group("friends", {})
                await eventually(lambda: len(receiver.groups) == 50, "the messages")
                length = ("XLEN", redis_layer.keys.inbox(mailbox.name))
                await eventually(lambda: redis_layer.nodes[0].run(length) == 0, "an empty inbox")

        asyncio.run(scenario())

    def test_an_entry_that_is_not_ours_is_passed_over(self, redis_layer, receiver):
        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                inbox = redis_layer.keys.inbox(mailbox.name)
                redis_layer.nodes[0].run(("XADD", inbox, "*", "other", "fields"))
                await hear(redis_layer, mailbox, receiver)
            assert receiver.events == []

        asyncio.run(scenario())


class TestTaking:
    @pytest.mark.parametrize("to_group", [False, True], ids=["direct", "group"])
    def test_whoever_was_sent_what_cannot_be_read_is_told(
        self, make_redis_layer, receiver, caplog, to_group
    ):
        layer = make_redis_layer(symmetric_encryption_keys=["new"])
        other = make_redis_layer(symmetric_encryption_keys=["old"])

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = await joined(layer, mailbox, receiver)
                other.send_group("friends", {}) if to_group else other.send(channel, {})
                layer.send(channel, {"number": 1})
                await eventually(lambda: receiver.direct, "the next message")
                assert receiver.events == [("lost", {channel}), ("direct", {"number": 1})]

        asyncio.run(scenario())
        assert "Dropped a message in our inbox" in caplog.text

    def test_other_tasks_go_on_while_much_is_handed_over(self, redis_layer, receiver, monkeypatch):
        monkeypatch.setattr(asgi_redis.mailbox, "TAKE_SECONDS", 0)
        turns, seen = 0, []

        def deliver(channel, message) -> None:
            seen.append(turns)
            time.sleep(0.001)

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                monkeypatch.setattr(receiver, "deliver", deliver)
                item = Outgoing.to_channel(mailbox.new_channel(), {})
                ticking = asyncio.ensure_future(tick())
                redis_layer.send_all([item] * FEWEST)  # what one read brings
                await eventually(lambda: len(seen) == FEWEST, "all of it")
                ticking.cancel()
            assert len(set(seen)) == FEWEST

        asyncio.run(scenario())


class TestRefusals:
    def test_a_send_that_redis_refuses_harms_none_of_the_same_turn(self, redis_layer, receiver):
        stream = redis_layer.keys.stream("broken")
        redis_layer.nodes[0].run(("SET", stream, "something else"))

        async def scenario():
            async with opened(redis_layer, receiver) as mailbox:
                sends = [mailbox.send(name, {}) for name in ("before", "broken", "after")]
                return await asyncio.gather(*sends, return_exceptions=True)

        before, broken, after = asyncio.run(scenario())
        assert before is after is None
        assert isinstance(broken, LayerUnavailable)
        assert redis_layer.receive(["before"])[0] == "before"
        assert redis_layer.receive(["after"])[0] == "after"


class TestConnections:
    def test_their_number_does_not_grow(self, valkey, layer_on, receiver):
        layer = layer_on(valkey)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                await asyncio.gather(*(mailbox.send("test", {}) for _ in range(100)))
                with valkey.client() as client:
                    return len(client.client_list())

        assert asyncio.run(scenario()) <= 6


def test_the_error_of_an_absent_server_names_it():
    assert "redis://host:1" in str(unavailable("redis://host:1", ConnectionRefusedError("no")))


def choked_until(layer, mailbox, channel: str) -> int:
    """Returns until when a channel is sent nothing, in ms; below zero if its client has left."""
    command = ("ZSCORE", layer.keys.choked(mailbox.name), channel)
    return int(layer.nodes[0].run(command) or 0)


def server_ms(layer) -> int:
    """Returns the server's time."""
    seconds, microseconds = layer.nodes[0].run(("TIME",))
    return int(seconds) * 1000 + int(microseconds) // 1000


@asynccontextmanager
async def given_up(layer) -> AsyncIterator[tuple[Receiver, Mailbox, str]]:
    """A mailbox that stood still until it was buried: its receiver, itself, a group's member."""
    sleeper = Receiver()
    slept = layer.open_mailbox("sleeper", sleeper)
    await slept.open()
    async with opened(layer, Receiver()):
        channel = await joined(layer, slept, sleeper)
        await die(slept)
        processes = ("ZRANGE", layer.keys.processes, 0, -1)
        tomb = ("EXISTS", layer.keys.given_up(slept.name))
        node, name = layer.nodes[0], slept.name.encode()
        await eventually(lambda: name not in node.run(processes) and node.run(tomb), "the verdict")
        yield sleeper, slept, channel
        await slept.close()


async def die(mailbox) -> None:
    """Stops a mailbox as `kill -9` or SIGSTOP would: it beats and reads no more."""
    for branch in mailbox._branches:
        for task in branch._tasks:
            task.cancel()
        await asyncio.gather(*branch._tasks, return_exceptions=True)


async def stop_reading(branch) -> None:
    """Has a branch beat without reading, as one that has much to hand over."""
    reader = branch._tasks.pop(0)
    reader.cancel()
    await asyncio.wait([reader])


def read_again(branch) -> None:
    branch._tasks.append(asyncio.ensure_future(branch._forever(branch._read)))


async def eventually_sends(mailbox, channel: str, message: dict) -> None:
    async def send() -> bool:
        try:
            await mailbox.send(channel, message)
        except LayerUnavailable:
            return False
        return True

    for _ in range(600):
        if await send():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the layer did not come back")


def send_when_back(layer, name: str, message: dict, is_group: bool = True) -> None:
    """Sends a message as soon as the layer takes it, and only once."""
    for _ in range(600):
        try:
            layer.ping()
        except LayerUnavailable:
            continue
        layer.send_group(name, message) if is_group else layer.send(name, message)
        return
    raise AssertionError("the layer did not come back")
