"""Fixtures for the tests of the framework."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.sessions.backends.file import SessionStore

from tests.support.layers import layer, layer_on, make_layer, make_redis_layer, redis_layer

__all__ = ["layer", "layer_on", "make_layer", "make_redis_layer", "redis_layer"]


@pytest.fixture
def file_sessions(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps sessions in a folder of this test's own, which threads can share; returns it."""
    folder = tmp_path / "sessions"
    folder.mkdir()
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.file"
    settings.SESSION_FILE_PATH = str(folder)
    # Where the engine remembers the folder of the first test that used it.
    monkeypatch.setattr(SessionStore, "_storage_path", str(folder), raising=False)
    return folder


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[logging.LogRecord]]:
    """What this test has logged; threads that others left behind may still have something to say.

    So may event loops in development mode, of a machine that is slow.
    """
    thread = threading.get_ident()

    def records() -> list[logging.LogRecord]:
        return [r for r in caplog.records if r.thread == thread and r.name != "asyncio"]

    return records


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets workers look more often whether they should stop."""
    monkeypatch.setattr("channels.layers.memory.BLOCK_SECONDS", 0.05)
    monkeypatch.setattr("asgi_redis.subscription.BLOCK_MS", 50)


@pytest.fixture
def without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets consumers run in threads whose connections belong to other tests."""
    monkeypatch.setattr("channels.apps.close_old_connections", lambda: None)
