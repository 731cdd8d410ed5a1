"""The delay server's worker."""

import re
import signal
import threading
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from channels.asgi import channel_layers
from channels.channel import Channel
from channels.delay import worker as worker_module
from channels.delay.models import DelayedMessage
from channels.delay.worker import Worker
from channels.layers.exceptions import LayerUnavailable
from channels.test import ChannelTestCase


class CountedWorker(Worker):
    """Runs a number of turns."""

    turns = 0

    def _try_to_work(self, subscription):
        try:
            return super()._try_to_work(subscription)
        finally:
            self.turns -= 1
            self.termed = self.turns == 0


class TestWorker(ChannelTestCase):
    def setUp(self):
        for name in ["IDLE_SECONDS", "FIRST_RETRY_SECONDS", "AWAY_SECONDS"]:
            patch = mock.patch.object(worker_module, name, 0)
            patch.start()
            self.addCleanup(patch.stop)

    def run_turns(self, turns=3, worker=None):
        worker = worker or CountedWorker(channel_layers["default"], signal_handlers=False)
        worker.turns, worker.termed = turns, False
        worker.run()
        return worker

    def ask(self, channel="work", delay=1000, **content):
        message = {"channel": channel, "delay": delay, "content": content}
        Channel("asgi.delay").send(message)

    def later(self, seconds):
        moment = timezone.now() + timedelta(seconds=seconds)
        return mock.patch("django.utils.timezone.now", return_value=moment)

    def test_a_message_waits_in_the_database_and_is_sent_when_it_is_due(self):
        self.ask(n=1)
        self.run_turns()
        assert self.get_next_message("work") is None
        assert DelayedMessage.objects.count() == 1
        with self.later(2):
            self.run_turns()
        assert self.get_next_message("work", require=True).content == {"n": 1}
        assert not DelayedMessage.objects.exists()

    def test_messages_that_are_not_due_stay(self):
        self.ask(delay=60_000)
        with self.later(2):
            self.run_turns()
        assert DelayedMessage.objects.count() == 1

    def test_what_is_wrong_with_a_message_is_logged_and_the_next_one_is_taken(self):
        bad = [
            ({}, "channel, content, delay missing"),
            ({"channel": "c", "content": {}}, "delay missing"),
            ({"channel": "no space", "content": {}, "delay": 1}, "'no space' is not valid"),
            ({"channel": ["c"], "content": {}, "delay": 1}, "is not valid"),
            ({"channel": "c", "content": [], "delay": 1}, "content must be a dict"),
            ({"channel": "c", "content": {"b": b"\0"}, "delay": 1}, "bytes is not JSON"),
            ({"channel": "c", "content": {}, "delay": "soon"}, "soon|str"),
            ({"channel": "c", "content": {}, "delay": 1e30}, "too large|OverflowError|int"),
        ]
        for content, reason in bad:
            Channel("asgi.delay").send(content)
            self.ask(n=1)
            with self.assertLogs("django.channels", "ERROR") as logs:
                self.run_turns(5)
            assert len(logs.output) == 1
            self.assertRegex(logs.output[0], f"Invalid message received on asgi.delay.*({reason})")
        assert DelayedMessage.objects.count() == len(bad)

    def test_a_row_that_can_never_be_sent_is_logged_and_dropped_and_the_others_leave(self):
        DelayedMessage.objects.create(channel_name="work", content="{broken", delay=-2)
        DelayedMessage.objects.create(channel_name="no space", content="{}", delay=-1)
        DelayedMessage.objects.create(channel_name="work", content='{"n": 1}', delay=0)
        with self.assertLogs("django.channels", "ERROR") as logs:
            self.run_turns()
        assert [("Dropped delayed message" in line) for line in logs.output] == [True, True]
        assert self.get_next_message("work", require=True).content == {"n": 1}
        assert not DelayedMessage.objects.exists()

    def test_the_layer_may_be_away_for_a_while(self):
        DelayedMessage.objects.create(channel_name="work", content="{}", delay=-1)
        layer = channel_layers["default"].channel_layer
        with mock.patch.object(layer, "receive", side_effect=LayerUnavailable("away")):
            with self.assertLogs("django.channels", "ERROR") as logs:
                worker = self.run_turns()
        assert len(logs.output) == 3
        assert "Trying again in" in logs.output[0]
        self.run_turns(worker=worker)
        assert self.get_next_message("work") is not None

    def test_a_layer_that_cannot_be_read_can_be_sent_to(self):
        DelayedMessage.objects.create(channel_name="work", content="{}", delay=-1)
        layer = channel_layers["default"].channel_layer
        with mock.patch.object(layer, "receive", side_effect=LayerUnavailable("away")):
            with self.assertLogs("django.channels", "ERROR"):
                self.run_turns()
        assert self.get_next_message("work") is not None

    def test_what_is_for_a_server_that_is_away_holds_nothing_else_up(self):
        for number in range(3):
            DelayedMessage.objects.create(channel_name="away", content="{}", delay=number - 9)
        DelayedMessage.objects.create(channel_name="work", content='{"n": 1}', delay=-1)
        self.ask(n=2)
        layer = channel_layers["default"].channel_layer
        send = layer.send_all

        def send_to_the_living(outgoing):
            if any(item.name == "away" for item in outgoing):
                raise LayerUnavailable("away")
            return send(outgoing)

        with (
            mock.patch.object(layer, "send_all", send_to_the_living),
            mock.patch.object(worker_module, "BATCH", 2),
            mock.patch.object(worker_module, "AWAY_SECONDS", 3600),
            self.assertLogs("django.channels", "ERROR") as logs,
        ):
            worker = self.run_turns()
        assert len(logs.output) == 1
        assert self.get_next_message("work", require=True).content == {"n": 1}
        assert DelayedMessage.objects.filter(channel_name="work").count() == 1
        worker._ask_again_at = 0.0
        self.run_turns(worker=worker)
        assert not DelayedMessage.objects.filter(channel_name="away").exists()

    def test_a_server_that_hangs_is_tried_once_for_all_of_its_channels(self):
        for number in range(9):
            DelayedMessage.objects.create(channel_name=f"c.{number}", content="{}", delay=-1)
        layer = channel_layers["default"].channel_layer
        with (
            mock.patch.object(layer, "send_all", side_effect=LayerUnavailable("away")) as send,
            mock.patch.object(worker_module, "HANGS_SECONDS", 0),
            mock.patch.object(worker_module, "AWAY_SECONDS", 3600),
            self.assertLogs("django.channels", "ERROR"),
        ):
            worker = self.run_turns()
        assert send.call_count == 1
        worker._ask_again_at = 0.0
        self.run_turns(worker=worker)
        assert not DelayedMessage.objects.exists()

    def test_it_ends_between_two_messages(self):
        for _ in range(3):
            DelayedMessage.objects.create(channel_name="work", content="{}", delay=-1)
        worker = CountedWorker(channel_layers["default"], signal_handlers=False)
        layer = channel_layers["default"].channel_layer
        send = layer.send_all

        def send_and_stop(outgoing):
            worker.sigterm_handler(None, None)
            return send(outgoing)

        with mock.patch.object(layer, "send_all", send_and_stop):
            self.run_turns(1, worker)
        assert DelayedMessage.objects.count() == 2

    def test_the_database_may_be_away_for_a_while_and_what_was_taken_is_kept(self):
        self.ask(n=1)
        worker = CountedWorker(channel_layers["default"], signal_handlers=False)
        failing = [OperationalError("away"), OperationalError("away"), None]
        with mock.patch.object(DelayedMessage, "save", side_effect=failing) as save:
            with self.assertLogs("django.channels", "ERROR") as logs:
                self.run_turns(5, worker)
        assert len(logs.output) == 2
        assert save.call_count == 3

    def test_what_could_not_be_stored_before_the_end_goes_back_to_the_layer(self):
        self.ask(n=1)
        with mock.patch.object(DelayedMessage, "save", side_effect=OperationalError("away")):
            with self.assertLogs("django.channels", "ERROR"):
                self.run_turns()
        assert self.get_next_message("asgi.delay", require=True)["content"] == {"n": 1}

    def test_retries_come_less_and_less_often(self):
        worker = CountedWorker(channel_layers["default"], signal_handlers=False)
        worker._retry_seconds = 0.5
        with self.assertLogs("django.channels", "ERROR") as logs:
            for _ in range(7):
                worker._wait_for_recovery(OperationalError("away"))
        pauses = [re.search(r"again in (\S+) s", line)[1] for line in logs.output]
        assert pauses == ["0.5", "1.0", "2.0", "4.0", "8.0", "10.0", "10.0"]

    def test_more_messages_than_a_batch_all_leave_at_once(self):
        for _ in range(3):
            DelayedMessage.objects.create(channel_name="work", content="{}", delay=-1)
        with mock.patch.object(worker_module, "BATCH", 2):
            self.run_turns()
        assert not DelayedMessage.objects.exists()


class TestShutdown:
    @pytest.fixture
    def handlers(self):
        numbers = [signal.SIGTERM, signal.SIGINT]
        before = [signal.getsignal(number) for number in numbers]
        yield numbers
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

    def test_sigterm_and_sigint_end_the_worker(self, handlers):
        worker = Worker(None)
        worker.install_signal_handler()
        for number in handlers:
            worker.termed = False
            signal.raise_signal(number)
            assert worker.termed

    def test_it_can_run_in_a_thread(self):
        worker = Worker(channel_layers["default"], signal_handlers=False)
        worker.termed = True
        thread = threading.Thread(target=worker.run)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()
        assert not worker.in_job
