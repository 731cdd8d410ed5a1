"""The database in coroutines: one thread, and connections that are as fresh as in a request."""

import asyncio
import threading
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

from channels.db import database_sync_to_async, leave_connections_to_consumers


@pytest.mark.django_db
def test_a_query_runs_in_a_coroutine():
    User.objects.create(username="reader")

    @database_sync_to_async
    def names():
        return list(User.objects.values_list("username", flat=True))

    assert async_to_sync(names)() == ["reader"]


@pytest.mark.django_db
def test_arguments_come_behind():
    user = User.objects.create(username="reader")

    assert async_to_sync(database_sync_to_async(User.objects.get))(username="reader") == user


@pytest.mark.django_db
def test_what_the_function_raises_reaches_the_coroutine():
    with pytest.raises(User.DoesNotExist):
        async_to_sync(database_sync_to_async(User.objects.get))(username="nobody")


def test_the_result_of_a_call_is_refused_with_advice():
    with pytest.raises(TypeError, match=r"needs a function, not 'reader'.*arguments behind"):
        database_sync_to_async("reader")


def test_old_connections_are_closed_before_and_after_even_if_it_fails():
    calls = mock.Mock()
    calls.query.side_effect = LookupError

    with (
        mock.patch("channels.db.close_old_connections", calls.close),
        pytest.raises(LookupError),
    ):
        async_to_sync(database_sync_to_async(calls.query))()
    assert [call[0] for call in calls.mock_calls] == ["close", "query", "close"]


def test_the_event_loop_goes_on_meanwhile():
    released = threading.Event()

    async def release_while_waiting():
        waiting = asyncio.ensure_future(database_sync_to_async(released.wait)(30))
        await asyncio.sleep(0)
        released.set()
        return await waiting

    assert asyncio.run(release_while_waiting()) is True


@pytest.fixture
def _receivers(monkeypatch):
    """Puts back who listens to Django's signals of requests."""
    for signal in (request_started, request_finished):
        monkeypatch.setattr(signal, "receivers", list(signal.receivers))
        monkeypatch.setattr(signal, "sender_receivers_cache", {})


@pytest.mark.usefixtures("_receivers")
def test_a_process_of_consumers_only_does_not_look_at_connections_for_its_requests_too():
    request_started.connect(close_old_connections)  # Django's test client may have taken it away
    request_finished.connect(close_old_connections)
    leave_connections_to_consumers()
    left = [
        receiver
        for signal in (request_started, request_finished)
        for receiver in signal._live_receivers(None)[0]
    ]
    assert not {close_old_connections, reset_queries}.intersection(left)
