"""The database in coroutines: one thread, and connections that are as fresh as in a request."""

import asyncio
import threading
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User

from channels.db import database_sync_to_async


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
