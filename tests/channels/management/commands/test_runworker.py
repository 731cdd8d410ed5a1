"""Tests of `manage.py runworker`."""

import json
import signal
import sys
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from asgi_redis import RedisChannelLayer
from channels.asgi import channel_layers
from channels.layers.memory import InMemoryChannelLayer
from channels.management.commands import runworker
from channels.signals import worker_process_ready, worker_ready
from channels.staticfiles import StaticFilesConsumer
from channels.worker import Worker, WorkerGroup
from tests.support.processes import Process
from tests.support.signals import connected
from tests.support.waiting import wait_until
from tests.support.workers import wrap


@pytest.fixture
def runs(monkeypatch, redis_layer) -> list[Worker]:
    """The workers that were started, which end at once; the default layer is on Redis."""
    started: list[Worker] = []
    monkeypatch.setattr(channel_layers, "backends", {"default": wrap(redis_layer, {"test": print})})
    monkeypatch.setattr(Worker, "run", lambda worker: started.append(worker))
    # What the project starts beside its workers is none of this test's business.
    for ready in (worker_process_ready, worker_ready):
        monkeypatch.setattr(ready, "receivers", [])
    monkeypatch.setattr("channels.log.logging.Logger.addHandler", lambda *args: None)
    # What is for a process of its own is not for that of the tests.
    monkeypatch.setattr(runworker, "leave_connections_to_consumers", lambda: None)
    monkeypatch.setattr(runworker, "gc", mock.Mock())
    return started


class TestOptions:
    def test_one_thread_unless_told_otherwise(self, runs):
        call_command("runworker")
        [worker] = runs
        assert type(worker) is Worker
        assert worker.channel_layer is channel_layers["default"]
        assert worker.signal_handlers

    def test_several_threads_share_one_process(self, runs):
        call_command("runworker", "--threads", "3")
        [worker] = runs
        assert isinstance(worker, WorkerGroup)
        assert len(worker.workers) == 2

    def test_channels_are_chosen_by_globs_that_may_be_given_several_times(self, runs):
        call_command(
            "runworker",
            *("--only-channels", "http.*", "--only-channels", "websocket.*"),
            *("--exclude-channels", "*.disconnect"),
        )
        assert runs[0].only_channels == ["http.*", "websocket.*"]
        assert runs[0].exclude_channels == ["*.disconnect"]

    def test_another_layer_can_be_worked_for(self, runs, settings, make_redis_layer):
        settings.CHANNEL_LAYERS = {"default": {}, "other": {}}
        channel_layers.backends["other"] = wrap(make_redis_layer(), {})
        call_command("runworker", "--layer", "other")
        assert runs[0].channel_layer is channel_layers["other"]

    def test_calls_are_logged_only_when_they_are_asked_for(self, runs):
        call_command("runworker", verbosity=1)
        call_command("runworker", verbosity=2)
        assert [worker.callback is None for worker in runs] == [True, False]

    def test_what_every_project_needs_is_routed(self, runs, settings):
        settings.CHANNELS_KEEPALIVE_SECONDS = 0
        call_command("runworker")
        assert runs[0].channel_layer.router.channels == {
            "test",
            "http.request",
            "websocket.connect",
            "websocket.receive",
            "websocket.disconnect",
        }

    @pytest.mark.parametrize("debug", [True, False])
    def test_static_files_are_served_while_debugging(self, runs, settings, debug):
        settings.DEBUG = debug
        call_command("runworker")
        routes = runs[0].channel_layer.router.root.routing
        [consumer] = [route.consumer for route in routes if "http.request" in route.channels]
        assert isinstance(consumer, StaticFilesConsumer) is debug

    def test_signals_tell_that_it_is_ready(self, runs):
        events = []

        def note_process(sender, **kwargs):
            events.append(("process", sender))

        def note_worker(sender, **kwargs):
            events.append(("worker", sender))

        with connected(worker_process_ready, note_process), connected(worker_ready, note_worker):
            call_command("runworker")
        assert events == [("process", runs[0]), ("worker", runs[0])]


class TestMistakes:
    def test_what_it_runs_in_is_readied_for_consumers_alone(self, runs, monkeypatch):
        leave = mock.Mock()
        monkeypatch.setattr(runworker, "leave_connections_to_consumers", leave)
        call_command("runworker")
        leave.assert_called_once_with()
        assert runworker.gc.method_calls == [mock.call.collect(), mock.call.freeze()]

    def test_the_in_memory_layer_cannot_span_processes(self, runs):
        channel_layers.backends["default"] = wrap(InMemoryChannelLayer(), {})
        with pytest.raises(CommandError, match=r"in-memory layer.*RedisChannelLayer.*runserver"):
            call_command("runworker")
        assert runs == []

    def test_an_unknown_layer_is_told_the_known_ones(self, runs):
        with pytest.raises(CommandError, match="No channel layer 'missing'; .* has default"):
            call_command("runworker", "--layer", "missing")
        assert runs == []

    def test_a_worker_without_channels_says_so(self, runs):
        with pytest.raises(CommandError, match=r"leave no channel of .*websocket\.connect"):
            call_command("runworker", "--only-channels", "websockets.*")
        assert runs == []


class TestProcess:
    """The command as operators run it."""

    @pytest.fixture
    def process(self, redis_url, prefix, tmp_path):
        """A worker of the project that the fault tests use, not started."""
        process = Process(
            "worker",
            [sys.executable, "-m", "django", "runworker", "--threads", "2"],
            env={
                "DJANGO_SETTINGS_MODULE": "tests.faults.project.settings",
                "RIG_BACKEND": "asgi_redis.RedisChannelLayer",
                "RIG_CONFIG": json.dumps({"hosts": [redis_url], "prefix": prefix}),
                "RIG_DIARY": str(tmp_path / "diary"),
            },
            folder=tmp_path,
        )
        yield process
        process.stop()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_it_finishes_its_consumer_when_it_is_told_to_stop(
        self, process, redis_layer: RedisChannelLayer, tmp_path, number
    ):
        diary = tmp_path / "diary"
        process.start()
        process.wait_for_output("Listening on channels")
        redis_layer.send("faults.work", {"name": "job", "seconds": 0.5})
        wait_until(lambda: diary.exists() and "started job" in diary.read_text(), "the job")
        process.signal(number)
        assert process.wait() == 0
        assert "done job" in diary.read_text()
        assert "Shutdown signal received, waiting for the running consumer" in process.output
        assert "Traceback" not in process.output
        assert redis_layer.receive(["faults.work"]) == (None, None)

    def test_it_stops_while_redis_is_away(self, process, valkey):
        process.env["RIG_CONFIG"] = json.dumps({"hosts": [valkey.url]})
        process.start()
        process.wait_for_output("Listening on channels")
        valkey.stop()
        process.wait_for_output("Channel layer unavailable")
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
        assert "Traceback" not in process.output
