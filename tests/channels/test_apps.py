"""Tests of channels.apps: what installing the app connects."""

import pytest
from django.apps import apps
from django.core.checks.registry import registry
from django.db import connections

from channels.checks import check_layers, check_servers, check_sessions
from channels.signals import consumer_finished, consumer_started
from channels.worker import Worker


def test_its_checks_are_among_the_projects():
    assert {check_layers, check_sessions, check_servers} <= registry.registered_checks


def test_being_ready_twice_connects_once():
    count = len(consumer_started.receivers), len(consumer_finished.receivers)
    apps.get_app_config("channels").ready()
    assert (len(consumer_started.receivers), len(consumer_finished.receivers)) == count


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


@pytest.mark.parametrize("signal", [consumer_started, consumer_finished])
def test_old_connections_are_closed_around_consumers(signal, monkeypatch):
    closed = []
    monkeypatch.setattr("channels.apps.close_old_connections", lambda: closed.append(True))
    signal.send(sender=Worker)
    assert closed == [True]
