"""Tests of channels.apps: what installing the app connects."""

from unittest.mock import Mock

import pytest
from django.apps import apps
from django.core.checks.registry import registry
from django.db import connections
from django.db.backends.signals import connection_created

from channels.apps import _Databases
from channels.checks import check_layers, check_servers, check_sessions
from channels.signals import consumer_finished, consumer_started, worker_process_ready
from channels.worker import Worker


def test_its_checks_are_among_the_projects():
    assert {check_layers, check_sessions, check_servers} <= registry.registered_checks


def test_being_ready_twice_connects_once():
    signals = (consumer_started, consumer_finished, worker_process_ready)
    counts = [len(signal.receivers) for signal in signals]
    apps.get_app_config("channels").ready()
    assert [len(signal.receivers) for signal in signals] == counts


def test_worker_processes_watch_over_waiting_messages(monkeypatch):
    alarms = Mock()
    monkeypatch.setattr("channels.ordering.alarms", alarms)
    worker_process_ready.send(sender=Worker(Mock()))
    alarms.set.assert_called_once()


@pytest.mark.django_db
class TestQueries:
    @pytest.fixture(autouse=True)
    def _a_query(self, monkeypatch):
        self.connection = connections["default"]
        self.connection.queries_log.clear()
        monkeypatch.setattr(self.connection, "force_debug_cursor", True)
        self.connection.cursor().execute("SELECT 1")

    def test_a_consumer_starts_without_those_of_the_last_in_development(self, settings):
        settings.DEBUG = True
        consumer_started.send(sender=Worker, environ={})
        assert list(self.connection.queries_log) == []

    def test_production_does_not_spend_time_on_it(self, settings):
        settings.DEBUG = False
        consumer_started.send(sender=Worker, environ={})
        assert len(self.connection.queries_log) == 1


class TestOldConnections:
    @pytest.fixture(autouse=True)
    def looks(self, monkeypatch):
        """How often old connections were looked for, in a thread that has not done it yet."""
        looks = []
        monkeypatch.setattr("channels.apps._databases", _Databases())
        monkeypatch.setattr("channels.apps.close_old_connections", lambda: looks.append(True))
        return looks

    @pytest.fixture
    def _connected(self, looks):
        connection_created.send(sender=Mock, connection=Mock())

    @pytest.mark.usefixtures("_connected")
    @pytest.mark.parametrize("signal", [consumer_started, consumer_finished])
    def test_they_are_closed_around_consumers(self, signal, looks):
        signal.send(sender=Worker)
        assert len(looks) == 1

    def test_one_that_was_there_before_the_app_is_closed_too(self, looks, monkeypatch):
        monkeypatch.setattr(connections["default"], "connection", Mock())
        apps.get_app_config("channels").ready()
        consumer_finished.send(sender=Worker)
        assert len(looks) == 1

    @pytest.mark.parametrize("signal", [consumer_started, consumer_finished])
    def test_a_thread_that_never_had_one_is_not_looked_at(self, signal, looks):
        signal.send(sender=Worker)
        assert looks == []

    @pytest.mark.usefixtures("_connected")
    @pytest.mark.parametrize(("seconds", "count"), [(100.0, 1), (-1.0, 2)])
    def test_but_not_again_right_after_the_last_one(self, seconds, count, looks, monkeypatch):
        monkeypatch.setattr("channels.apps.GOOD_SECONDS", seconds)
        consumer_finished.send(sender=Worker)
        consumer_started.send(sender=Worker)
        assert len(looks) == count
