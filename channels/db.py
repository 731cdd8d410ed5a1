"""The database for consumers that are coroutine functions, and for workers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def database_sync_to_async(
    function: Callable[Arguments, Result],
) -> Callable[Arguments, Coroutine[Any, Any, Result]]:
    """Makes a coroutine function of one that uses the database; usable as a decorator.

    It runs in the thread that all such functions of an event loop share. As around a request,
    connections that have become old or unusable are closed before and after it.

    Arguments:
        function: what to call, and not the result of a call.

    Raises:
        TypeError: `function` cannot be called.
    """
    if not callable(function):
        raise TypeError(
            f"database_sync_to_async needs a function, not {function!r}: write"
            " database_sync_to_async(Model.objects.get)(pk=1), with the arguments behind."
        )

    @functools.wraps(function)
    def with_fresh_connections(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return sync_to_async(with_fresh_connections)


def leave_connections_to_consumers() -> None:
    """Has connections looked at around each consumer, and not once more around its request.

    For a process whose requests are all consumers' messages, as a worker's are.
    """
    request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
