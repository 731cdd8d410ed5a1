"""Fixtures for all tests: a Redis to talk to, key prefixes that nobody else uses, a browser."""

import os
import signal
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import redis
from django.apps import apps
from django.utils import translation
from playwright.sync_api import Browser

from channels.signals import worker_ready
from tests.support.browser import chromium
from tests.support.processes import started
from tests.support.proxy import Proxy
from tests.support.valkey import ValkeyServer


def pytest_configure() -> None:
    # SIGTERM ends the run as Ctrl-C does: fixtures stop their processes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell lets what runs in its background ignore Ctrl-C, and all that starts from there too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    yield  # pytest-django sorts, too
    # While the browser runs, Playwright keeps an event loop in this thread, at which other tests
    # and Django would take offence: so files that use it come last, whole, as pytest-xdist hands
    # them out to several processes. Other tests in them have to get on with that loop.
    files = {item.path for item in items if _uses_browser(item)}
    items.sort(key=lambda item: item.path in files)


def _uses_browser(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """What language one test's request asked for does not last into the next test."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that all tests share: REDIS_URL, or a Valkey started for this run.

    Tests keep to keys below `prefix`, and never restart it or flush it; see `valkey` for that.
    """
    if "REDIS_URL" in os.environ:
        yield os.environ["REDIS_URL"]
        return
    with started(ValkeyServer(tmp_path_factory.mktemp("valkey"))) as server:
        yield server.url


@pytest.fixture
def prefix(redis_url: str) -> Iterator[str]:
    """A key prefix of this test's own; its keys are gone afterwards."""
    name = f"test-{uuid.uuid4().hex[:12]}:"
    yield name
    with redis.Redis.from_url(redis_url) as client:
        for key in client.scan_iter(match=f"{name}*", count=1000):
            client.delete(key)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A running server of this test's own, which it may stop, kill, pause and start again."""
    with started(ValkeyServer(tmp_path)) as server:
        yield server


@pytest.fixture
def proxy(valkey: ValkeyServer) -> Iterator[Proxy]:
    """A way to the test's own server that can be cut."""
    with closing(Proxy(valkey.port)) as proxy:
        yield proxy


@pytest.fixture(scope="session", autouse=True)
def quiet_clock() -> None:
    """Workers inside this process do not start the tracker's clock, which uses the database."""
    worker_ready.disconnect(apps.get_app_config("tracker").clock.start)
