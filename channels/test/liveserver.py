"""A test case with a real interface server and worker (the contract, section 2)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any
from unittest import mock

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import modify_settings, override_settings, setup_test_environment

from channels.asgi import DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper, channel_layers
from channels.staticfiles import StaticFilesConsumer
from channels.worker import Worker, WorkerGroup

# A forked process would share the sockets, database connections and locks of the tests.
_context = multiprocessing.get_context("spawn")

READY_CHECK_SECONDS = 0.1

Operations = Sequence[tuple[str, Mapping[str, Any]]]


class ProcessSetup(SpawnProcess):
    """A process with the settings, the databases and the channel layer of a running test.

    Arguments:
        is_ready: set once the process does its work.
        overridden_settings: of `override_settings` on the test case, or None.
        modified_settings: the operations of `modify_settings` on it, or None.
        databases: the test databases, as in DATABASES.
    """

    def __init__(
        self,
        is_ready: Event,
        overridden_settings: Mapping[str, Any] | None,
        modified_settings: Operations | None,
        databases: Mapping[str, Mapping[str, Any]],
    ) -> None:
        super().__init__(daemon=True)
        self.is_ready = is_ready
        self.overridden_settings = overridden_settings
        self.modified_settings = modified_settings
        self.databases = databases

    def common_setup(self) -> None:
        """Makes this process part of the test."""
        self.setup_django()
        self.setup_databases()
        self.override_settings()

    def setup_django(self) -> None:
        """Loads the project as a test run does."""
        django.setup(set_prefix=False)
        setup_test_environment(debug=False)

    def setup_databases(self) -> None:
        """Uses the test databases from now on."""
        for alias, database in self.databases.items():
            connections[alias].settings_dict["NAME"] = database["NAME"]

    def override_settings(self) -> None:
        """Applies what the test case changes in the settings."""
        if self.overridden_settings:
            override_settings(**self.overridden_settings).enable()
        if self.modified_settings:
            modify_settings(self.modified_settings).enable()

    def make_channel_layer(self) -> ChannelLayerWrapper:
        """Returns the layer of the test, which is the default one from now on."""
        layer = channel_layers.make_test_backend(DEFAULT_CHANNEL_LAYER)
        channel_layers.set(DEFAULT_CHANNEL_LAYER, layer)
        return layer


class WorkerProcess(ProcessSetup):
    """A worker for a test.

    Arguments:
        n_threads: how many it has.
        serve_static: whether it serves static files.
    """

    def __init__(
        self,
        is_ready: Event,
        n_threads: int,
        overridden_settings: Mapping[str, Any] | None,
        modified_settings: Operations | None,
        databases: Mapping[str, Mapping[str, Any]],
        serve_static: bool,
    ) -> None:
        super().__init__(is_ready, overridden_settings, modified_settings, databases)
        self.n_threads = n_threads
        self.serve_static = serve_static

    def run(self) -> None:
        """Runs consumers until the process is terminated."""
        self.common_setup()
        layer = self.make_channel_layer()
        serve_static = self.serve_static and apps.is_installed("django.contrib.staticfiles")
        layer.router.check_default(http_consumer=StaticFilesConsumer() if serve_static else None)
        if self.n_threads == 1:
            worker = Worker(channel_layer=layer, signal_handlers=False)
        else:
            worker = WorkerGroup(
                channel_layer=layer, signal_handlers=False, n_threads=self.n_threads
            )
        worker.ready()
        self.is_ready.set()
        worker.run()


class DaphneProcess(ProcessSetup):
    """A Daphne for a test.

    Arguments:
        host: where it listens.
        port_storage: takes the port that it gets.
    """

    def __init__(
        self,
        host: str,
        port_storage: Synchronized[int],
        is_ready: Event,
        overridden_settings: Mapping[str, Any] | None,
        modified_settings: Operations | None,
        databases: Mapping[str, Mapping[str, Any]],
    ) -> None:
        super().__init__(is_ready, overridden_settings, modified_settings, databases)
        self.host = host
        self.port_storage = port_storage

    def run(self) -> None:
        """Serves until the process is terminated."""
        self.common_setup()
        # Imported here because it installs a reactor, which the tests' own process must not have.
        from daphne.server import Server  # isort: skip
        from twisted.internet import reactor

        # Here too, for it brings the server's libraries with it.
        from channels.interface.daphne import equip

        # So that sockets end as they do in production.
        reactor.callWhenRunning(equip)
        self.server = Server(
            application=self.make_channel_layer(),
            endpoints=[f"tcp:port=0:interface={self.host}"],
            signal_handlers=False,
            ready_callable=self.resolve_port,
        )
        self.server.run()

    def resolve_port(self) -> None:
        """Tells the test where this process listens."""
        _, self.port_storage.value = self.server.listening_addresses[0]
        self.is_ready.set()


class ChannelLiveServerTestCase(TransactionTestCase):
    """Django's TransactionTestCase with a Daphne and a worker in processes of their own.

    For tests with a browser or a WebSocket client, on the layer's TEST_CONFIG.

    Attributes:
        host: where Daphne listens.
        worker_threads: how many the worker has.
        serve_static: whether the worker serves static files.
        ProtocolServerProcess: what is started as the interface server.
        WorkerProcess: what is started as the worker.
    """

    host = "localhost"
    worker_threads = 1
    serve_static = True
    ProtocolServerProcess: type[DaphneProcess] = DaphneProcess
    WorkerProcess: type[WorkerProcess] = WorkerProcess

    _overridden_settings: Mapping[str, Any] | None
    _modified_settings: Operations | None
    _live: ExitStack
    _port_storage: Synchronized[int]

    @property
    def live_server_url(self) -> str:
        """Where a browser finds the server."""
        return f"http://{self.host}:{self._port_storage.value}"

    @property
    def live_server_ws_url(self) -> str:
        """Where a WebSocket client finds the server."""
        return f"ws://{self.host}:{self._port_storage.value}"

    @classmethod
    def _pre_setup(cls) -> None:
        _check_databases()
        with ExitStack() as stack:
            _use_test_layer(stack)
            super()._pre_setup()  # type: ignore[misc]
            cls._start_server(stack)
            cls._start_worker(stack)
            cls._live = stack.pop_all()

    def _post_teardown(self) -> None:
        self._live.close()
        super()._post_teardown()  # type: ignore[misc]

    @classmethod
    def _start_server(cls, stack: ExitStack) -> None:
        cls._port_storage = _context.Value("i")
        ready = _context.Event()
        process = cls.ProtocolServerProcess(
            cls.host,
            cls._port_storage,
            ready,
            cls._overridden_settings,
            cls._settings_operations(),
            connections.settings,
        )
        _start(process, ready, stack)

    @classmethod
    def _start_worker(cls, stack: ExitStack) -> None:
        ready = _context.Event()
        process = cls.WorkerProcess(
            ready,
            cls.worker_threads,
            cls._overridden_settings,
            cls._settings_operations(),
            connections.settings,
            cls.serve_static,
        )
        _start(process, ready, stack)

    @classmethod
    def _settings_operations(cls) -> Operations:
        return [*(cls._modified_settings or ()), ("ALLOWED_HOSTS", {"append": cls.host})]


def _check_databases() -> None:
    connection: Any
    for connection in connections.all():
        if connection.vendor == "sqlite" and connection.is_in_memory_db():
            raise ImproperlyConfigured(
                "ChannelLiveServerTestCase can not be used with in memory databases, which other"
                f" processes cannot see: give {connection.alias!r} a file, with"
                ' DATABASES = {..., "TEST": {"NAME": "test.sqlite3"}}.'
            )


def _use_test_layer(stack: ExitStack) -> None:
    if len(channel_layers.configs) > 1:
        raise ImproperlyConfigured(
            "ChannelLiveServerTestCase does not support multiple CHANNEL_LAYERS at this time"
        )
    layer = channel_layers.make_test_backend(DEFAULT_CHANNEL_LAYER)
    if layer.local_only():
        raise ImproperlyConfigured(
            "ChannelLiveServerTestCase starts several processes, which the in-memory layer does"
            " not reach: set the BACKEND of CHANNEL_LAYERS to asgi_redis.RedisChannelLayer."
        )
    if "flush" in layer.extensions:
        layer.flush()
    stack.enter_context(mock.patch.dict(channel_layers.backends, {DEFAULT_CHANNEL_LAYER: layer}))


def _start(process: ProcessSetup, ready: Event, stack: ExitStack) -> None:
    process.start()
    stack.callback(_stop, process)
    while not ready.wait(READY_CHECK_SECONDS):
        if not process.is_alive():
            raise RuntimeError(
                f"{type(process).__name__} did not start (exit code {process.exitcode});"
                " what it raised is on stderr."
            )


def _stop(process: ProcessSetup) -> None:
    process.terminate()
    process.join()
