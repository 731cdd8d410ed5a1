"""Tests of asgi_redis.commands: operations as commands, replies as results."""

import pytest

from asgi_redis import scripts
from asgi_redis.commands import Commands
from asgi_redis.inbox import Question
from asgi_redis.keys import Keys
from channels.layers import codec
from channels.layers.exceptions import ChannelFull, ChannelGone
from channels.layers.outgoing import Outgoing


@pytest.fixture
def commands():
    return Commands(
        keys=Keys("asgi:", "meta:"),
        expiry_ms=60_000,
        group_expiry_ms=86_400_000,
        capacity_of=lambda channel: 7 if channel == "small" else 100,
        mailbox_capacity=10_000,
        mailbox_bytes=2**26,
        encrypt=lambda data: b"encrypted " + data,
    )


def to(channel, value=0):
    return Outgoing.to_channel(channel, {"value": value})


def encrypted(value):
    return b"encrypted " + codec.encode({"value": value})


class TestSends:
    def test_neighbours_to_one_queue_share_a_command_and_the_order_stays(self, commands):
        group = Outgoing.to_group("g", {})
        items = [to("a"), to("a"), to("p!1"), to("p!2"), to("q!1"), group, group, to("a")]
        planned = commands.sends(items)
        assert [plan.items for plan in planned] == [
            items[0:2],
            items[2:4],
            items[4:5],
            items[5:6],
            items[6:7],
            items[7:8],
        ]

    def test_a_group_and_a_channel_of_one_name_do_not_mix(self, commands):
        items = [to("x"), Outgoing.to_group("x", {}), to("x")]
        assert len(commands.sends(items)) == 3

    def test_what_leaves_is_encrypted_and_bounded_by_its_channel(self, commands):
        [plan] = commands.sends([to("small", 1), to("small", 2)])
        assert plan.command[:2] == ("EVALSHA", scripts.send.sha)
        assert plan.command[3] == "asgi:channel:small"
        assert plan.command[6] == 7
        assert plan.command[-2:] == (encrypted(1), encrypted(2))

    def test_what_goes_to_a_process_names_each_channel(self, commands):
        [plan] = commands.sends([to("p!1", 1), to("p!2", 2)])
        assert plan.command[3] == "asgi:inbox:p!"
        assert plan.command[-4:] == ("p!1", encrypted(1), "p!2", encrypted(2))

    def test_replies_tell_what_was_refused_and_what_is_still_to_do(self, commands):
        first, second, third = to("a", 1), to("a", 2), to("a", 3)
        one, two, three = to("p!1"), to("p!2"), to("p!3")
        group = Outgoing.to_group("g", {"value": 4})
        planned = commands.sends([first, second, third, one, two, three, group, group])
        sent = commands.sent("redis://a", planned, [1, [2, -3], [[b"worker"], 2], [[], 1]])
        assert [refusal.outgoing for refusal in sent.refusals] == [second, third, two, three]
        *full, gone = (refusal.error for refusal in sent.refusals)
        assert {type(error) for error in full} == {ChannelFull}
        assert "'p!'" in str(full[2])
        assert isinstance(gone, ChannelGone)
        assert "'p!3'" in str(gone)
        assert [(item.name, item.data) for item in sent.onward] == [("worker", group.data)]
        assert sent.drops == {"g": 3}


class TestGroups:
    def test_members_of_a_process_are_told_to_it_and_others_to_redis(self, commands):
        for change in (commands.group_add, commands.group_discard):
            local = change("g", "p!1")
            assert local[:2] == ("EVALSHA", scripts.group_change.sha)
            assert "asgi:inbox:p!" in local
            assert "asgi:inbox:p!" not in change("g", "worker")
        assert commands.group_discard("g", "worker") == ("ZREM", "asgi:group:g", "worker")

    def test_an_answer_does_not_wait_for_ever(self, commands):
        push, expire = commands.answer(Question(["p!1"], "asgi:answer:x"))
        assert push[:2] == ("RPUSH", "asgi:answer:x")
        assert expire[:2] == ("PEXPIRE", "asgi:answer:x")


class TestWorkers:
    def test_a_blocking_read_waits_on_all_streams_for_what_is_new(self, commands):
        command = commands.read_blocking("w", ["a", "b"], 1000)
        assert command[command.index("STREAMS") :] == (
            "STREAMS",
            "asgi:channel:a",
            "asgi:channel:b",
            ">",
            ">",
        )
        assert command[command.index("BLOCK") + 1] == 1000

    def test_what_is_settled_leaves_the_stream(self, commands):
        command = commands.settle("a", [b"1-0", b"2-0"])
        assert command == scripts.settle(["asgi:channel:a"], "workers", b"1-0", b"2-0")
        assert commands.drop("a", b"1-0") == [
            ("XACK", "asgi:channel:a", "workers", b"1-0"),
            ("XDEL", "asgi:channel:a", b"1-0"),
        ]

    def test_what_is_put_back_is_encrypted_again_and_kept_no_longer_than_others(self, commands):
        add, keep = commands.send_again(to("a", 1))
        assert add[-1] == encrypted(1)
        assert keep == scripts.keep(["asgi:channel:a"], 60_000)
