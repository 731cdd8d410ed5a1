"""Tests of channels.pending: sends that wait, and what becomes of those that are refused."""

import os
import subprocess
import sys
import threading
from contextvars import copy_context

import pytest

from channels.channel import Channel
from channels.layers.exceptions import ChannelFull, MessageTooLarge, RefusedForNow
from channels.layers.memory import InMemoryChannelLayer
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Refusal
from channels.pending import collect_sends, pending_sends, retry_refused, send_pending


class TestCollectSends:
    def test_what_is_sent_inside_is_kept_and_not_sent(self, layer):
        with collect_sends() as pending:
            Channel("test", channel_layer=layer).send({"value": 1})
        assert layer.receive(["test"]) == (None, None)
        send_pending(pending)
        assert layer.receive(["test"]) == ("test", {"value": 1})

    def test_afterwards_everything_is_as_before(self):
        with pytest.raises(LookupError), collect_sends():
            raise LookupError
        assert pending_sends.get() is None

    def test_blocks_inside_each_other_do_not_mix(self):
        layer = InMemoryChannelLayer()
        with collect_sends() as outer:
            with collect_sends() as inner:
                Channel("inner", channel_layer=layer).send({})
            Channel("outer", channel_layer=layer).send({})
        assert [item.name for _, item in inner] == ["inner"]
        assert [item.name for _, item in outer] == ["outer"]

    def test_another_thread_sends_at_once(self):
        layer = InMemoryChannelLayer()
        with collect_sends() as pending:
            thread = threading.Thread(target=Channel("test", channel_layer=layer).send, args=[{}])
            thread.start()
            thread.join()
        assert pending == []
        assert layer.receive(["test"]) == ("test", {})

    def test_what_comes_after_the_block_from_a_copy_of_its_context_is_sent_at_once(self, layer):
        with collect_sends() as pending:
            context = copy_context()
        context.run(Channel("test", channel_layer=layer).send, {"value": 1})
        assert pending == []
        assert layer.receive(["test"]) == ("test", {"value": 1})

    def test_a_child_process_sends_at_once(self, redis_layer):
        with collect_sends() as pending:
            child = os.fork()
            if not child:
                Channel("test", channel_layer=redis_layer).send({"value": 1})
                os._exit(0)
            os.waitpid(child, 0)
        assert pending == []
        assert redis_layer.receive(["test"]) == ("test", {"value": 1})

    def test_there_need_not_be_child_processes(self):
        code = "import os; del os.fork, os.register_at_fork; import channels.pending"  # as Windows
        subprocess.run([sys.executable, "-c", code], check=True)


class TestSendPending:
    def test_each_layer_gets_its_part_in_order(self):
        one, two = InMemoryChannelLayer(), InMemoryChannelLayer()
        with collect_sends() as pending:
            for number, layer in enumerate((one, two, one, two)):
                Channel("test", channel_layer=layer).send({"number": number})
        send_pending(pending)
        assert [one.receive(["test"])[1]["number"] for _ in range(2)] == [0, 2]
        assert [two.receive(["test"])[1]["number"] for _ in range(2)] == [1, 3]

    def test_a_full_channel_keeps_nobody_elses_message(self, make_layer, monkeypatch, caplog):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.15)
        layer = make_layer(capacity=1)
        with collect_sends() as pending:
            for name in ("full", "full", "free"):
                Channel(name, channel_layer=layer).send({})
        send_pending(pending)
        assert layer.receive(["free"]) == ("free", {})
        assert caplog.text.count("Dropped a message to channel 'full'") == 1

    def test_what_is_for_a_client_that_has_left_is_dropped_without_a_word(self, caplog):
        layer = InMemoryChannelLayer()
        layer.hang_up("gone")
        with collect_sends() as pending:
            for name in ("gone", "here"):
                Channel(name, channel_layer=layer).send({})
        send_pending(pending)
        assert layer.receive(["here"]) == ("here", {})
        assert caplog.records == []


class TestRetryRefused:
    def refusals(self, layer, count: int = 1) -> list:
        items = [Outgoing.to_channel("full", {"number": number}) for number in range(count)]
        return [Refusal(item, layer.ChannelFull("full")) for item in items]

    def test_it_sends_again_as_soon_as_there_is_room(self, make_layer):
        layer = make_layer(capacity=1)
        layer.send("full", {"number": "before"})
        reader = threading.Timer(0.15, layer.receive, [["full"]])
        reader.start()
        retry_refused(layer, self.refusals(layer))
        reader.join()
        assert layer.receive(["full"]) == ("full", {"number": 0})

    def test_it_gives_up_with_advice_and_raises_nothing(self, make_layer, monkeypatch, caplog):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.05)
        layer = make_layer(capacity=1)
        layer.send("full", {})
        retry_refused(layer, self.refusals(layer, 2))
        assert caplog.text.count("Dropped a message to channel 'full'") == 2
        assert "channel_capacity" in caplog.text

    def test_the_receiver_hears_that_it_was_given_up(self, layer, monkeypatch, caplog):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.05)
        told = []
        monkeypatch.setattr(
            layer, "send_all", lambda items: [Refusal(item, full) for item in items]
        )
        monkeypatch.setattr(layer, "tell_lost", told.append)
        full = ChannelFull("full")
        items = [Outgoing.to_channel(name, {}) for name in ("reply!1", "shared", "reply!2")]
        retry_refused(layer, [Refusal(item, full) for item in items])
        assert told == ["reply!1", "reply!2"]
        lines = [record.getMessage() for record in caplog.records]
        assert ["Start more workers" in line for line in lines] == [False, True, False]

    def test_what_is_refused_for_now_is_left_and_nothing_is_sent_twice(self, layer, monkeypatch):
        monkeypatch.setattr("channels.pending.RETRY_SECONDS", 0.05)
        sent, no_memory = [], RefusedForNow("no memory")

        def send_all(items):
            taken = [item for item in items if item.name != "large"]
            sent.extend(item.name for item in taken)
            return [Refusal(item, no_memory) for item in items if item not in taken]

        monkeypatch.setattr(layer, "send_all", send_all)
        names = ("one", "large", "two")
        pending = [(layer, Outgoing.to_channel(name, {})) for name in names]
        for _ in range(2):
            with pytest.raises(RefusedForNow):
                send_pending(pending)
        assert [item.name for _, item in pending] == ["large"]
        assert sent == ["one", "two"]

    def test_what_can_never_be_sent_is_logged_at_once(self, layer, caplog):
        item = Outgoing.to_channel("test", {})
        retry_refused(layer, [Refusal(item, MessageTooLarge("17 MiB"))])
        assert "Could not send to channel 'test': 17 MiB" in caplog.text
        assert layer.receive(["test"]) == (None, None)
