"""The contract between an interface server and a layer, the same for every kind of layer."""

import asyncio
import logging

import pytest

from channels.layers.exceptions import ChannelFull, ChannelGone
from channels.layers.outgoing import Outgoing
from tests.support.mailboxes import Receiver, hear, opened
from tests.support.waiting import eventually


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


class TestReceiving:
    def test_a_message_for_one_channel_arrives(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                layer.send(channel, {"value": 1})
                await eventually(lambda: receiver.direct, "the message")
            assert receiver.direct == [(channel, {"value": 1})]

        asyncio.run(scenario())

    def test_messages_for_one_channel_keep_their_order(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                for number in range(50):
                    layer.send(channel, {"number": number})
                await eventually(lambda: len(receiver.direct) == 50, "all messages")
            assert [message["number"] for _, message in receiver.direct] == list(range(50))

        asyncio.run(scenario())

    def test_a_group_message_arrives_once_for_all_members(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                name = mailbox.new_channel()
                members = {f"{name}{letter}" for letter in "abc"}
                for channel in members:
                    layer.group_add("friends", channel)
                layer.send_group("friends", {"value": 1})
                await eventually(lambda: receiver.groups, "the message")
            assert receiver.groups == [(members, {"value": 1})]
            assert receiver.direct == []

        asyncio.run(scenario())

    def test_a_group_with_members_in_two_processes_reaches_both_and_the_workers(self, layer):
        async def scenario():
            first, second = Receiver(), Receiver()
            async with opened(layer, first) as here, opened(layer, second) as there:
                names = here.new_channel(), there.new_channel()
                for channel in (*names, "worker.channel"):
                    layer.group_add("friends", channel)
                assert sorted(await asyncio.to_thread(layer.group_channels, "friends")) == sorted(
                    (*names, "worker.channel")
                )
                layer.send_group("friends", {"value": 1})
                await eventually(lambda: first.groups and second.groups, "both messages")
            assert first.groups == [({names[0]}, {"value": 1})]
            assert second.groups == [({names[1]}, {"value": 1})]
            assert layer.receive(["worker.channel"]) == ("worker.channel", {"value": 1})

        asyncio.run(scenario())

    def test_group_messages_and_changes_keep_their_order(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                layer.send_group("friends", {"number": 0})
                layer.group_add("friends", channel)
                for number in range(1, 20):
                    layer.send_group("friends", {"number": number})
                layer.group_discard("friends", channel)
                layer.send_group("friends", {"number": 20})
                await hear(layer, mailbox, receiver)
                await eventually(lambda: len(receiver.groups) == 19, "the messages")
            assert [message["number"] for _, message in receiver.groups] == list(range(1, 20))

        asyncio.run(scenario())

    def test_a_forgotten_channel_is_in_no_group(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                gone, stays = mailbox.new_channel(), mailbox.new_channel()
                for channel in (gone, stays):
                    layer.group_add("friends", channel)
                await hear(layer, mailbox, receiver)
                mailbox.forget(gone)
                mailbox.forget("test!unknown")
                assert await asyncio.to_thread(layer.group_channels, "friends") == [stays]
                layer.send_group("friends", {})
                await eventually(lambda: receiver.groups, "the message")
            assert receiver.groups == [({stays}, {})]

        asyncio.run(scenario())

    def test_a_receiver_that_fails_over_a_message_gets_the_next(
        self, layer, receiver, monkeypatch, caplog
    ):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel, deliver = mailbox.new_channel(), receiver.deliver

                def deliver_or_fail(channel, message):
                    if message.get("bad"):
                        raise LookupError("a mistake in the receiver")
                    deliver(channel, message)

                monkeypatch.setattr(receiver, "deliver", deliver_or_fail)
                for bad in (True, False):
                    layer.send(channel, {"bad": bad})
                await eventually(lambda: receiver.direct, "the next message")
            assert receiver.direct == [(channel, {"bad": False})]

        asyncio.run(scenario())
        assert "a mistake in the receiver" in caplog.text


class TestSending:
    def test_messages_leave_in_order(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                sends = [mailbox.send("test", {"number": number}) for number in range(20)]
                await asyncio.gather(*sends)

        asyncio.run(scenario())
        assert [layer.receive(["test"])[1]["number"] for _ in range(20)] == list(range(20))

    def test_a_full_channel_refuses_what_it_has_no_room_for(self, make_layer, receiver):
        layer = make_layer(capacity=2)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                sends = [mailbox.send(name, {}) for name in ("full", "full", "free", "full")]
                return await asyncio.gather(*sends, return_exceptions=True)

        outcomes = asyncio.run(scenario())
        assert outcomes[:3] == [None] * 3
        assert isinstance(outcomes[3], ChannelFull)

    @pytest.mark.parametrize(("name", "message"), [("bad name", {}), ("test", {"a": object()})])
    def test_a_mistake_is_raised_at_once(self, layer, receiver, name, message):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                with pytest.raises(TypeError):
                    mailbox.send(name, message)

        asyncio.run(scenario())


class TestNames:
    def test_channels_are_below_the_name_of_the_mailbox(self, layer, receiver):
        first = layer.open_mailbox("test", receiver)
        second = layer.open_mailbox("test", receiver)
        assert first.name.startswith("test.")
        assert first.name.endswith("!")
        assert first.name != second.name
        channels = {first.new_channel() for _ in range(20)}
        assert len(channels) == 20
        assert all(channel.startswith(first.name) for channel in channels)


class TestOverflow:
    def test_its_room_is_its_own_and_not_that_of_a_channel(self, make_layer, receiver):
        layer = make_layer(capacity=2)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                for _ in range(10):
                    layer.send(mailbox.new_channel(), {})
                await eventually(lambda: len(receiver.direct) == 10, "the messages")

        asyncio.run(scenario())

    def test_members_are_told_of_group_messages_that_found_no_room(
        self, make_layer, receiver, monkeypatch, caplog
    ):
        caplog.set_level(logging.WARNING)
        monkeypatch.setattr("asgi_redis.mailbox.BEAT_SECONDS", 0.05)
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_layer()

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                member, other = mailbox.new_channel(), mailbox.new_channel()
                layer.group_add("friends", member)
                layer.group_add("enemies", other)
                await hear(layer, mailbox, receiver)
                for _ in range(20):  # in one turn of the loop, so that nothing is read meanwhile
                    layer.send_group("friends", {})
                await eventually(lambda: receiver.lost_channels, "the news")
                assert receiver.lost_channels == {member}
                assert len(receiver.groups) < 20

        asyncio.run(scenario())
        assert "friends" in caplog.text

    @pytest.mark.parametrize("beat_seconds", [0.05, 60])
    def test_one_is_told_of_a_message_to_it_that_was_given_up(
        self, layer, receiver, monkeypatch, beat_seconds
    ):
        monkeypatch.setattr("asgi_redis.mailbox.BEAT_SECONDS", beat_seconds)

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                layer.tell_lost(channel)
                if beat_seconds < 1:
                    await eventually(lambda: receiver.events, "the news")
                layer.send(channel, {"number": 1})  # which brings it at once
                await eventually(lambda: receiver.direct, "what is later")
                assert receiver.events == [("lost", {channel}), ("direct", {"number": 1})]

        asyncio.run(scenario())

    def test_a_full_mailbox_refuses_direct_messages(self, make_layer, receiver, monkeypatch):
        monkeypatch.setattr("channels.layers.base.BaseChannelLayer.mailbox_capacity", 5)
        layer = make_layer()

        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                with pytest.raises(layer.ChannelFull):
                    for _ in range(20):
                        layer.send(channel, {})

        asyncio.run(scenario())


class TestChoking:
    def test_a_choked_channel_refuses_and_others_go_on(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                slow, quick = mailbox.new_channel(), mailbox.new_channel()
                mailbox.choke(slow, True)
                await eventually(lambda: refuses(layer, slow), "the channel to refuse")
                layer.send(quick, {"value": 1})
                await eventually(lambda: (quick, {"value": 1}) in receiver.direct, "the other")
                mailbox.choke(slow, False)
                await eventually(lambda: not refuses(layer, slow), "the channel to take again")

        asyncio.run(scenario())


class TestHangingUp:
    def test_whoever_sends_hears_that_the_client_has_left_and_others_go_on(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                gone, stays = mailbox.new_channel(), mailbox.new_channel()
                mailbox.hang_up(gone)
                await eventually(lambda: has_left(layer, gone), "the channel to be gone")
                with pytest.raises(ChannelGone, match=gone):
                    await mailbox.send(gone, {})
                both = [Outgoing.to_channel(name, {"value": 1}) for name in (gone, stays)]
                [refusal] = layer.send_all(both)
                assert refusal.outgoing is both[0]
                assert isinstance(refusal.error, ChannelGone)
                await eventually(lambda: (stays, {"value": 1}) in receiver.direct, "the other")

        asyncio.run(scenario())

    def test_it_says_more_than_choking(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                mailbox.choke(channel, True)
                mailbox.hang_up(channel)
                mailbox.forget(channel)
                await eventually(lambda: has_left(layer, channel), "the channel to be gone")

        asyncio.run(scenario())

    def test_it_is_forgotten_when_what_was_sent_before_has_expired(self, make_layer, receiver):
        layer = make_layer(expiry=0.3)

        async def scenario():
            mailbox = layer.open_mailbox("test", receiver)
            await mailbox.open()
            channel = mailbox.new_channel()

            def is_gone() -> bool:
                mailbox.hang_up(channel)
                return has_left(layer, channel)

            await eventually(is_gone, "the channel to be gone")
            await eventually(lambda: not has_left(layer, channel), "it to be forgotten")
            await mailbox.close()

        asyncio.run(scenario())


class TestClosing:
    def test_what_was_sent_before_has_left(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                mailbox.send("test", {"value": 1})

        asyncio.run(scenario())
        assert layer.receive(["test"]) == ("test", {"value": 1})

    def test_it_leaves_its_groups_at_once(self, layer, receiver):
        async def scenario():
            async with opened(layer, receiver) as mailbox:
                channel = mailbox.new_channel()
                layer.group_add("friends", channel)
                layer.group_add("friends", "worker.channel")
                await hear(layer, mailbox, receiver)
                mailbox.forget(channel)

        asyncio.run(scenario())
        assert layer.group_channels("friends") == ["worker.channel"]

    def test_one_that_was_never_opened_can_be_closed(self, layer, receiver):
        asyncio.run(layer.open_mailbox("test", receiver).close())


def has_left(layer, channel: str) -> bool:
    try:
        layer.send(channel, {})
    except ChannelGone:
        return True
    except ChannelFull:
        pass
    return False


def refuses(layer, channel: str) -> bool:
    try:
        layer.send(channel, {})
    except ChannelFull:
        return True
    return False
