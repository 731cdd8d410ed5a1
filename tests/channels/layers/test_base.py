"""The contract of a channel layer (section 1), the same for every kind of layer."""

import asyncio
import logging
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import twisted.internet

from channels.layers import exceptions
from channels.layers.base import BaseChannelLayer
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from tests.support.waiting import wait_until

NOTHING = (None, None)

BAD_NAMES = ["", "ä", "with space", "a/b", "two!parts!", "two?parts?", "mixed?parts!", "x" * 100]
NOT_TEXT = [b"bytes", 3, None]


def receive_all(layer, channels) -> list:
    found = []
    while (received := layer.receive(channels)) != NOTHING:
        found.append(received)
    return found


class TestSendAndReceive:
    def test_a_message_arrives_once(self, layer):
        layer.send("sc_test", {"value": "blue"})
        assert layer.receive(["sc_test"]) == ("sc_test", {"value": "blue"})
        assert layer.receive(["sc_test"]) == NOTHING

    def test_an_empty_channel_gives_nothing(self, layer):
        assert layer.receive(["sc_test"]) == NOTHING
        assert layer.receive([]) == NOTHING

    def test_a_channel_keeps_its_order(self, layer):
        for number in range(20):
            layer.send("sc_test", {"number": number})
        numbers = [message["number"] for _, message in receive_all(layer, ["sc_test"])]
        assert numbers == list(range(20))

    def test_every_channel_that_is_asked_for_is_read_and_no_other(self, layer):
        for name in ("one", "two", "three"):
            layer.send(name, {})
        received = receive_all(layer, ["one", "two"])
        assert sorted(received) == [("one", {}), ("two", {})]
        assert layer.receive(["three"]) == ("three", {})

    @pytest.mark.parametrize(
        ("busy", "quiet"),
        [("busy", "quiet"), ("busy!", "quiet"), ("busy", "quiet!"), ("busy!", "quiet!")],
    )
    def test_no_channel_that_is_always_full_keeps_another_waiting(self, layer, busy, quiet):
        sent_to = {name: f"{name}test" if name.endswith("!") else name for name in (busy, quiet)}
        layer.send(sent_to[quiet], {})
        layer.send(sent_to[busy], {})
        for _ in range(1000):
            channel, _ = layer.receive([busy, quiet])
            if channel == sent_to[quiet]:
                return
            layer.send(sent_to[busy], {})
        raise AssertionError("the quiet channel was never read")

    def test_a_message_may_hold_whatever_the_contract_allows(self, layer):
        message = {
            "text": "grüße \N{HONEYBEE}",
            "bytes": b"\x00\xff",
            "empty": ["", b"", [], {}],
            "numbers": [0, -1, 2**63, 1.5],
            "nested": {"list": [{"deep": [None, True, False]}]},
        }
        layer.send("sc_test", message)
        assert layer.receive(["sc_test"])[1] == message

    def test_text_and_bytes_stay_what_they_are(self, layer):
        layer.send("sc_test", {"text": "a", "bytes": b"a"})
        received = layer.receive(["sc_test"])[1]
        assert isinstance(received["text"], str)
        assert isinstance(received["bytes"], bytes)

    def test_changing_a_message_after_it_was_sent_changes_nothing(self, layer):
        message = {"list": [1]}
        layer.send("sc_test", message)
        message["list"].append(2)
        assert layer.receive(["sc_test"])[1] == {"list": [1]}

    def test_a_received_message_belongs_to_its_reader(self, layer):
        layer.group_add("readers", "one")
        layer.group_add("readers", "two")
        layer.send_group("readers", {"list": [1]})
        layer.receive(["one"])[1]["list"].append(2)
        assert layer.receive(["two"])[1] == {"list": [1]}

    @pytest.mark.parametrize("value", [object(), {1, 2}, 2**64, "\ud800"])
    def test_what_cannot_be_encoded_is_an_error_at_send(self, layer, value):
        with pytest.raises(TypeError, match="Cannot encode the message"):
            layer.send("sc_test", {"key": value})
        assert layer.receive(["sc_test"]) == NOTHING

    @pytest.mark.parametrize("message", ["text", b"bytes", [1], None])
    def test_only_a_dict_is_a_message(self, layer, message):
        with pytest.raises(TypeError, match="must be a dict, not"):
            layer.send("sc_test", message)

    def test_a_huge_message_is_refused(self, layer):
        with pytest.raises(layer.MessageTooLarge, match="16777216"):
            layer.send("sc_test", {"bytes": bytes(16 * 1024 * 1024)})

    def test_a_large_message_arrives(self, layer):
        layer.send("sc_test", {"bytes": bytes(3 * 1024 * 1024)})
        assert len(layer.receive(["sc_test"])[1]["bytes"]) == 3 * 1024 * 1024

    def test_a_blocking_receive_gets_what_is_sent_meanwhile(self, layer):
        timer = threading.Timer(0.05, layer.send, ["sc_test", {"late": True}])
        timer.start()
        received = receive_blocking(layer, ["other", "sc_test"])
        timer.join()
        assert received == ("sc_test", {"late": True})

    def test_a_blocking_receive_ends_without_a_message(self, layer):
        assert layer.receive(["sc_test"], block=True) == NOTHING

    def test_several_messages_are_sent_in_order(self, layer):
        items = [Outgoing.to_channel("sc_test", {"number": number}) for number in range(3)]
        assert layer.send_all(items) == []
        received = [message["number"] for _, message in receive_all(layer, ["sc_test"])]
        assert received == [0, 1, 2]

    def test_receive_many_is_receive_with_a_warning(self, layer):
        layer.send("sc_test", {"value": 1})
        with pytest.warns(DeprecationWarning, match="receive"):
            assert layer.receive_many(["sc_test"]) == ("sc_test", {"value": 1})

    def test_every_message_goes_to_one_of_many_readers(self, make_layer):
        layer = make_layer(capacity=1000)
        done = threading.Event()

        def send(first):
            for number in range(first, first + 50):
                layer.send("sc_test", {"number": number})

        def read():
            numbers = []
            while True:
                last_look = done.is_set()
                _, message = layer.receive(["sc_test"])
                if message is not None:
                    numbers.append(message["number"])
                elif last_look:
                    return numbers

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read) for _ in range(3)]
            for sender in [pool.submit(send, first) for first in (0, 50, 100)]:
                sender.result()
            done.set()
            numbers = Counter(number for reader in readers for number in reader.result())
        assert numbers == Counter(range(150))


class TestNames:
    @pytest.mark.parametrize("name", BAD_NAMES + NOT_TEXT)
    def test_a_bad_channel_name_is_refused_by_name(self, layer, name):
        for call in (
            lambda: layer.send(name, {}),
            lambda: layer.receive([name]),
            lambda: layer.group_add("group", name),
            lambda: layer.group_discard("group", name),
        ):
            with pytest.raises(TypeError, match=re.escape(repr(name))):
                call()

    @pytest.mark.parametrize("name", [*BAD_NAMES, "local!", "single?", *NOT_TEXT])
    def test_a_bad_group_name_is_refused_by_name(self, layer, name):
        for call in (
            lambda: layer.send_group(name, {}),
            lambda: layer.group_add(name, "channel"),
            lambda: layer.group_discard(name, "channel"),
            lambda: layer.group_channels(name),
        ):
            with pytest.raises(TypeError, match=re.escape(repr(name))):
                call()

    @pytest.mark.parametrize("name", ["x" * 99, "A-Z_0.9", "single?abc", "local!abc"])
    def test_a_good_name_is_taken(self, layer, name):
        layer.send(name, {})

    def test_sending_to_a_process_needs_to_say_which_of_its_channels(self, layer):
        with pytest.raises(TypeError, match=r"'local!' needs something after"):
            layer.send("local!", {})

    def test_receiving_from_a_process_takes_all_of_its_channels(self, layer):
        with pytest.raises(TypeError, match=r"receive on 'local!' instead"):
            layer.receive(["local!abc"])


class TestProcessLocalChannels:
    def test_a_message_comes_with_the_whole_name(self, layer):
        layer.send("test.local!abc", {"value": 1})
        assert layer.receive(["test.local!"]) == ("test.local!abc", {"value": 1})

    # With several servers a process has a queue on each; these are all on the first.
    def test_all_channels_of_a_process_share_one_queue_in_order(self, layer):
        for name in ("first!a", "first!b", "first!a"):
            layer.send(name, {})
        received = [channel for channel, _ in receive_all(layer, ["first!"])]
        assert received == ["first!a", "first!b", "first!a"]

    def test_processes_do_not_get_each_others_messages(self, layer):
        layer.send("first!abc", {})
        assert layer.receive(["second!"]) == NOTHING

    def test_they_can_be_read_beside_others(self, layer):
        layer.send("test.local!abc", {})
        layer.send("sc_test", {})
        received = {channel for channel, _ in receive_all(layer, ["sc_test", "test.local!"])}
        assert received == {"test.local!abc", "sc_test"}

    def test_a_blocking_receive_gets_what_is_sent_meanwhile(self, layer):
        timer = threading.Timer(0.05, layer.send, ["test.local!abc", {"late": True}])
        timer.start()
        received = receive_blocking(layer, ["test.local!"])
        timer.join()
        assert received == ("test.local!abc", {"late": True})


class TestReceiveInALoop:
    def test_as_many_calls_may_wait_as_a_server_has_connections(self, memory_layer, monkeypatch):
        together = threading.Barrier(40)

        def receive(channels, block):
            together.wait(30)
            return channels[0], {}

        monkeypatch.setattr(memory_layer, "receive", receive)

        async def scenario():
            names = [f"test.reader?{number}" for number in range(40)]
            calls = [memory_layer.receive_async([name]) for name in names]
            assert await asyncio.gather(*calls) == [(name, {}) for name in names]

        asyncio.run(scenario())

    @pytest.mark.parametrize("name", ["sc_test", "test.local!abc"])
    def test_a_call_that_is_cancelled_takes_nothing_though_the_channel_is_full(
        self, make_layer, monkeypatch, name
    ):
        layer = make_layer(capacity=1)
        queue = name.partition("abc")[0]
        taken, cancelled = slow_receive(layer, monkeypatch)
        layer.send(name, {"number": 1})

        async def scenario():
            call = asyncio.ensure_future(layer.receive_async([queue]))
            await asyncio.to_thread(taken.wait)
            layer.send(name, {"number": 2})
            call.cancel()
            cancelled.set()
            found = [await receive_in_loop(layer, [queue]) for _ in range(2)]
            assert {message["number"] for _, message in found} == {1, 2}

        asyncio.run(scenario())

    def test_twisted_is_given_the_message(self, twisted_layer):
        twisted_layer.send("sc_test", {"value": 1})
        found = []
        twisted_layer.receive_twisted(["sc_test"]).addCallback(found.append)
        wait_until(lambda: found, "the message")
        assert found == [("sc_test", {"value": 1})]

    def test_twisted_is_given_the_error(self, twisted_layer):
        found = []
        twisted_layer.receive_twisted(["bad name"]).addErrback(found.append)
        assert wait_until(lambda: found, "the error")[0].check(TypeError)

    def test_a_deferred_that_is_cancelled_takes_nothing(self, twisted_layer, monkeypatch):
        taken, cancelled = slow_receive(twisted_layer, monkeypatch)
        twisted_layer.send("sc_test", {"value": 1})
        deferred = twisted_layer.receive_twisted(["sc_test"])
        deferred.addErrback(lambda failure: None)
        taken.wait()
        deferred.cancel()
        cancelled.set()
        assert receive_blocking(twisted_layer, ["sc_test"]) == ("sc_test", {"value": 1})


class TestNewChannel:
    def test_names_are_new_each_time(self, layer):
        names = {layer.new_channel("test.reader?") for _ in range(50)}
        assert len(names) == 50
        assert all(re.fullmatch(r"test\.reader\?\w{8,}", name) for name in names)

    @pytest.mark.parametrize("pattern", ["no.mark", "local!", "two??", "ä?"])
    def test_the_pattern_ends_in_a_question_mark(self, layer, pattern):
        with pytest.raises(TypeError, match=re.escape(repr(pattern))):
            layer.new_channel(pattern)

    def test_only_the_reader_of_the_name_gets_the_message(self, layer):
        first, second = layer.new_channel("test.reader?"), layer.new_channel("test.reader?")
        layer.send(first, {"value": 1})
        assert layer.receive([second]) == NOTHING
        assert layer.receive([first]) == (first, {"value": 1})


class TestCapacity:
    def test_a_full_channel_refuses_until_it_is_read(self, make_layer):
        layer = make_layer(capacity=3)
        fill(layer, "sc_test", 3)
        with pytest.raises(layer.ChannelFull, match="sc_test"):
            layer.send("sc_test", {})
        layer.receive(["sc_test"])
        layer.send("sc_test", {})

    def test_a_full_channel_leaves_others_alone(self, make_layer):
        layer = make_layer(capacity=1)
        layer.send("one", {})
        layer.send("two", {})

    # With several servers a process has a queue on each; these are all on the first.
    def test_the_channels_of_a_process_share_one_capacity(self, make_layer):
        layer = make_layer(capacity=2)
        layer.send("first!a", {})
        layer.send("first!b", {})
        with pytest.raises(layer.ChannelFull):
            layer.send("first!c", {})

    @pytest.mark.parametrize(
        "capacities",
        [
            {"busy.*": 4, "*": 2},
            {re.compile(r"^busy\."): 4, re.compile(r"."): 2},
            [("busy.*", 4), ("*", 2)],
        ],
        ids=["globs", "regular expressions", "pairs"],
    )
    def test_channels_have_capacities_by_pattern_and_the_first_counts(self, make_layer, capacities):
        layer = make_layer(channel_capacity=capacities)
        fill(layer, "busy.test", 4)
        fill(layer, "quiet", 2)
        for name in ("busy.test", "quiet"):
            with pytest.raises(layer.ChannelFull):
                layer.send(name, {})

    def test_a_process_has_the_capacity_of_its_pattern(self, make_layer):
        layer = make_layer(channel_capacity={"first!*": 2})
        fill(layer, "first!a", 2)
        with pytest.raises(layer.ChannelFull):
            layer.send("first!b", {})

    def test_what_is_refused_of_several_is_told(self, make_layer):
        layer = make_layer(capacity=2)
        items = [Outgoing.to_channel("sc_test", {"number": number}) for number in range(4)]
        refusals = layer.send_all([*items, Outgoing.to_channel("other", {})])
        assert [refusal.outgoing for refusal in refusals] == items[2:]
        assert all(isinstance(refusal.error, layer.ChannelFull) for refusal in refusals)
        assert len(receive_all(layer, ["sc_test", "other"])) == 3

    def test_expired_messages_take_no_room(self, make_layer):
        layer = make_layer(capacity=2, expiry=0.05)
        fill(layer, "sc_test", 2)
        fill(layer, "test.local!abc", 2)
        time.sleep(0.1)
        layer.send("sc_test", {})
        layer.send("test.local!abc", {})

    def test_an_upload_has_little_room_unless_the_settings_say_otherwise(self, make_layer):
        body = "http.request.body?a"
        assert make_layer(capacity=100).capacity_of(body) == 8
        assert make_layer(capacity=5).capacity_of(body) == 5
        assert make_layer(channel_capacity={"http.request.*": 30}).capacity_of(body) == 30

    def test_the_capacity_of_a_name_can_be_asked(self, make_layer):
        layer = make_layer(capacity=5, channel_capacity={"busy.*": 7})
        assert layer.capacity_of("busy.test") == layer.get_capacity("busy.test") == 7
        assert layer.capacity_of("quiet") == 5


class TestExpiry:
    def test_an_expired_message_is_never_delivered(self, make_layer):
        layer = make_layer(expiry=0.05)
        layer.send("sc_test", {"old": True})
        layer.send("test.local!abc", {"old": True})
        time.sleep(0.1)
        assert layer.receive(["sc_test", "test.local!"]) == NOTHING

    def test_a_message_that_expired_behind_one_that_was_read_is_never_delivered(self, make_layer):
        layer = make_layer(expiry=1)
        for name in ("first!a", "first!b"):
            layer.send(name, {})
        assert layer.receive(["first!"]) == ("first!a", {})
        time.sleep(1.1)
        assert layer.receive(["first!"]) == NOTHING

    def test_what_is_sent_behind_expired_messages_arrives(self, make_layer):
        layer = make_layer(expiry=0.3)
        layer.send("sc_test", {"old": True})
        time.sleep(0.4)
        layer.send("sc_test", {"old": False})
        assert layer.receive(["sc_test"])[1] == {"old": False}


class TestSettingAside:
    def test_what_is_set_aside_comes_back_once_as_it_was(self, layer):
        layer.set_aside("owner!1", 2, "sc_test", {"value": b"blue"}, 60)
        assert layer.receive(["sc_test"]) == NOTHING
        layer.bring_back("owner!1", [2])
        layer.bring_back("owner!1", [2])
        assert receive_all(layer, ["sc_test"]) == [("sc_test", {"value": b"blue"})]

    def test_it_comes_back_in_its_turn_and_up_to_the_first_that_is_missing(self, layer):
        for turn in (5, 2, 3):
            layer.set_aside("owner!1", turn, "sc_test", {"turn": turn}, 60)
        layer.set_aside("owner!2", 4, "sc_test", {"turn": 4}, 60)
        layer.bring_back("owner!1", [2, 3, 4, 5])
        turns = [message["turn"] for _, message in receive_all(layer, ["sc_test"])]
        assert turns == [2, 3]

    def test_one_that_comes_again_takes_the_place(self, layer):
        for value in ("first", "second"):
            layer.set_aside("owner!1", 1, "sc_test", {"value": value}, 60)
        layer.bring_back("owner!1", [1])
        assert receive_all(layer, ["sc_test"]) == [("sc_test", {"value": "second"})]

    def test_it_needs_no_room(self, make_layer):
        layer = make_layer(channel_capacity={"sc_test": 0})
        layer.set_aside("owner!1", 1, "sc_test", {}, 60)
        layer.bring_back("owner!1", [1])
        assert layer.receive(["sc_test"]) == ("sc_test", {})

    def test_what_has_expired_does_not_come_back(self, make_layer):
        layer = make_layer(expiry=0.1)
        layer.set_aside("owner!1", 1, "sc_test", {}, 60)
        time.sleep(0.2)
        layer.bring_back("owner!1", [1])
        assert layer.receive(["sc_test"]) == NOTHING

    def test_a_flush_drops_it(self, layer):
        layer.set_aside("owner!1", 1, "sc_test", {}, 0)
        layer.flush()
        layer.bring_back("owner!1", [1])
        assert layer.receive(["sc_test"]) == NOTHING
        assert layer.overdue() == []


class TestGroups:
    def test_a_message_goes_to_every_member(self, layer):
        members = ["one", "two", "single?abc", "first!a", "first!b", "second!a"]
        for name in members:
            layer.group_add("friends", name)
        layer.send_group("friends", {"value": 1})
        queues = ["one", "two", "single?abc", "first!", "second!"]
        received = receive_all(layer, queues)
        assert sorted(channel for channel, _ in received) == sorted(members)
        assert all(message == {"value": 1} for _, message in received)

    def test_a_member_that_was_added_twice_gets_one_message(self, layer):
        for name in ("one", "first!a"):
            layer.group_add("friends", name)
            layer.group_add("friends", name)
        layer.send_group("friends", {})
        assert len(receive_all(layer, ["one", "first!"])) == 2

    def test_a_discarded_member_gets_nothing(self, layer):
        for name in ("one", "two", "first!a", "first!b"):
            layer.group_add("friends", name)
        layer.group_discard("friends", "one")
        layer.group_discard("friends", "first!a")
        layer.send_group("friends", {})
        received = {channel for channel, _ in receive_all(layer, ["one", "two", "first!"])}
        assert received == {"two", "first!b"}

    def test_discarding_who_is_no_member_changes_nothing(self, layer):
        layer.group_add("friends", "one")
        for name in ("stranger", "strange!r"):
            layer.group_discard("friends", name)
            layer.group_discard("nobody", name)
        assert layer.group_channels("friends") == ["one"]
        assert layer.group_channels("nobody") == []

    def test_a_group_of_nobody_takes_messages(self, layer):
        layer.send_group("nobody", {})

    def test_groups_do_not_mix(self, layer):
        layer.group_add("friends", "one")
        layer.group_add("enemies", "two")
        layer.send_group("friends", {})
        assert receive_all(layer, ["one", "two"]) == [("one", {})]

    def test_the_members_of_a_group_can_be_listed(self, layer):
        members = ["one", "two", "first!a", "first!b", "second!a"]
        for name in members:
            layer.group_add("friends", name)
        layer.group_add("friends", "first!c")
        layer.group_discard("friends", "first!c")
        assert sorted(layer.group_channels("friends")) == sorted(members)

    def test_a_member_is_out_when_it_was_not_added_again_in_time(self, make_layer):
        layer = make_layer(group_expiry=0.2)
        for name in ("one", "first!a"):
            layer.group_add("friends", name)
        receive_all(layer, ["first!"])
        time.sleep(0.3)
        assert layer.group_channels("friends") == []
        layer.send_group("friends", {})
        assert layer.receive(["one", "first!"]) == NOTHING

    def test_adding_a_member_again_renews_it(self, make_layer):
        layer = make_layer(group_expiry=1)
        for name in ("renewed", "forgotten"):
            layer.group_add("friends", name)
        time.sleep(0.6)
        layer.group_add("friends", "renewed")
        time.sleep(0.6)
        assert layer.group_channels("friends") == ["renewed"]

    # With several servers, a process has a queue on each: the same for this group and member.
    @pytest.mark.parametrize("name", ["full", "first!a"])
    def test_a_full_member_is_passed_over_and_the_log_says_so(self, make_layer, caplog, name):
        layer = make_layer(capacity=2)
        queue = name.rstrip("a")
        layer.group_add("friends", name)
        layer.group_add("friends", "free")
        receive_all(layer, [queue])
        fill(layer, name, 2)
        with caplog.at_level(logging.WARNING):
            layer.send_group("friends", {"value": 1})
        assert layer.receive(["free"]) == ("free", {"value": 1})
        assert receive_all(layer, [queue]) == [(name, {})] * 2
        assert "friends" in caplog.text or "full" in caplog.text

    # With several servers this holds for a group and a channel on the same one, as these are.
    def test_group_and_direct_messages_to_a_process_keep_their_order(self, layer):
        layer.group_add("friends", "first!a")
        for number in range(0, 6, 2):
            layer.send_group("friends", {"number": number})
            layer.send("first!a", {"number": number + 1})
        received = [message["number"] for _, message in receive_all(layer, ["first!"])]
        assert received == list(range(6))

    def test_a_member_gets_what_was_sent_while_it_was_in_the_group(self, layer):
        layer.send_group("friends", {"number": 1})
        layer.group_add("friends", "first!a")
        layer.send_group("friends", {"number": 2})
        layer.group_discard("friends", "first!a")
        layer.send_group("friends", {"number": 3})
        assert receive_all(layer, ["first!"]) == [("first!a", {"number": 2})]

    @pytest.mark.parametrize("message", ["text", {"key": object()}])
    def test_a_bad_message_is_refused_for_a_group_of_nobody_too(self, layer, message):
        with pytest.raises(TypeError):
            layer.send_group("nobody", message)


class TestFlush:
    def test_it_drops_messages_and_groups_and_the_layer_goes_on(self, layer):
        layer.send("sc_test", {"value": 1})
        layer.send("first!a", {"value": 1})
        layer.group_add("friends", "one")
        layer.group_add("friends", "first!a")
        layer.flush()
        assert layer.receive(["sc_test", "first!"]) == NOTHING
        assert layer.group_channels("friends") == []
        layer.send("sc_test", {"value": 2})
        layer.send("first!a", {"value": 2})
        assert len(receive_all(layer, ["sc_test", "first!"])) == 2


class TestAttributes:
    def test_they_have_the_defaults_of_the_contract(self, layer):
        assert (layer.expiry, layer.group_expiry, layer.capacity) == (60, 86400, 100)
        assert {"groups", "flush"} <= set(layer.extensions)

    def test_they_are_what_was_asked_for(self, make_layer):
        layer = make_layer(expiry=1, group_expiry=2, capacity=3)
        assert (layer.expiry, layer.group_expiry, layer.capacity) == (1, 2, 3)

    def test_exceptions_are_at_hand(self, layer):
        assert layer.ChannelFull is exceptions.ChannelFull
        assert layer.MessageTooLarge is exceptions.MessageTooLarge

    def test_a_layer_answers_for_every_extension_it_names(self, layer):
        methods = {
            "groups": ["group_add", "group_discard", "group_channels", "send_group"],
            "flush": ["flush"],
            "statistics": ["global_statistics", "channel_statistics", "survey"],
            "async": ["receive_async"],
            "twisted": ["receive_twisted"],
            "dead_letters": ["dead_letters"],
        }
        missing = [
            method
            for extension in layer.extensions
            for method in methods[extension]
            if not hasattr(layer, method)
        ]
        assert not missing


@pytest.mark.parametrize(
    ("channel", "reply_channel", "told"),
    [
        ("websocket.receive", "owner!1", ["owner!1"]),
        ("websocket.receive", "no-client", []),
        ("websocket.receive", None, []),
        ("jobs", "owner!1", []),
    ],
)
def test_a_client_whose_message_is_given_up_is_told(
    layer, monkeypatch, channel, reply_channel, told
):
    names = []
    monkeypatch.setattr(layer, "tell_lost", names.append)
    layer.tell_client(channel, {"reply_channel": reply_channel})
    assert names == told


def test_a_layer_without_mailboxes_says_so():
    with pytest.raises(NotImplementedError, match="BaseChannelLayer cannot serve"):
        BaseChannelLayer().open_mailbox("test", None)


@pytest.fixture
def memory_layer():
    return InMemoryChannelLayer()


@pytest.fixture
def twisted_layer(memory_layer, monkeypatch):
    """A layer for Twisted, whose reactor runs at once what it is called with from a thread."""
    reactor = SimpleNamespace(callFromThread=lambda function: function())
    monkeypatch.setattr(twisted.internet, "reactor", reactor, raising=False)
    return memory_layer


def slow_receive(layer, monkeypatch):
    """Has `receive` return late; returns the event that it sets then and the one it waits for."""
    receive, taken, go_on = layer.receive, threading.Event(), threading.Event()

    def slow(channels, block=False):
        received = receive(channels, block)
        taken.set()
        go_on.wait()
        return received

    monkeypatch.setattr(layer, "receive", slow)
    return taken, go_on


async def receive_in_loop(layer, channels):
    """As `receive_blocking`."""
    for _ in range(30):
        received = await layer.receive_async(channels)
        if received != NOTHING:
            return received
    raise AssertionError(f"nothing came on {channels}")


def fill(layer, channel: str, count: int) -> None:
    for _ in range(count):
        layer.send(channel, {})


def receive_blocking(layer, channels):
    """Receive, waiting as long as a slow machine may need."""
    for _ in range(30):
        received = layer.receive(channels, block=True)
        if received != NOTHING:
            return received
    raise AssertionError(f"nothing came on {channels}")
