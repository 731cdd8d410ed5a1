"""Consumers inside the transaction that Django puts around a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

_kept = False


@contextmanager
def run_commit_hooks() -> Iterator[None]:
    """Runs `transaction.on_commit` hooks once every block but the test's own has committed.

    Django's TestCase never commits, so what waits for a commit would never happen in it.
    """
    # What waits since before the test belongs to the transaction of its class.
    for connection in connections.all(initialized_only=True):
        connection.run_on_commit.clear()
    leave, register = transaction.Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def leave_and_run(atomic: transaction.Atomic, *exc_info: Any) -> None:
        leave(atomic, *exc_info)
        _run_due(transaction.get_connection(atomic.using))

    def register_and_run(
        connection: BaseDatabaseWrapper, func: Callable[[], object], robust: bool = False
    ) -> None:
        register(connection, func, robust)
        _run_due(connection)

    with (
        mock.patch.object(transaction.Atomic, "__exit__", leave_and_run),
        mock.patch.object(BaseDatabaseWrapper, "on_commit", register_and_run),
    ):
        yield


@contextmanager
def keep_commit_hooks() -> Iterator[None]:
    """Lets hooks wait in the block, which means to look at them."""
    global _kept
    _kept = True
    try:
        yield
    finally:
        _kept = False


@contextmanager
def keep_connections() -> Iterator[None]:
    """Keeps database connections open that a test has a transaction on.

    Handlers and workers close what they think is old, and a transaction that is open between
    two requests or messages looks like that.
    """
    close = BaseDatabaseWrapper.close_if_unusable_or_obsolete

    def close_unless_in_test(connection: Any) -> None:
        if not any(block._from_testcase for block in connection.atomic_blocks):
            close(connection)

    with mock.patch.object(
        BaseDatabaseWrapper, "close_if_unusable_or_obsolete", close_unless_in_test
    ):
        yield


def _run_due(connection: Any) -> None:
    blocks = connection.atomic_blocks
    only_the_test_is_open = blocks and all(block._from_testcase for block in blocks)
    if _kept or not only_the_test_is_open or connection.needs_rollback:
        return
    while connection.run_on_commit:
        _, hook, _ = connection.run_on_commit.pop(0)
        hook()
