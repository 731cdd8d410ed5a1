"""`manage.py runserver`: an interface server and workers in one process, for development."""

from __future__ import annotations

import datetime
import os
import sys
import threading
from typing import Any

# Daphne chooses Twisted's reactor when it is imported, so it has to come first.
from daphne.server import Server  # isort: skip
from daphne.endpoints import build_endpoint_description_strings
from django.apps import apps
from django.conf import settings
from django.core.management import CommandParser
from django.core.management.commands.runserver import Command as RunserverCommand
from twisted.internet import reactor

from channels.asgi import (
    DEFAULT_CHANNEL_LAYER,
    ChannelLayerWrapper,
    channel_layers,
)
from channels.handler import ViewConsumer
from channels.interface import daphne
from channels.layers.memory import InMemoryChannelLayer
from channels.log import setup_logger
from channels.staticfiles import StaticFilesConsumer
from channels.worker import Worker

WORKER_THREADS = 4

# Daphne's words for what happens to a socket, and those of 1.x for the terminal.
SOCKET_ACTIONS = {
    "connecting": "HANDSHAKING",
    "connected": "CONNECT",
    "disconnected": "DISCONNECT",
    "rejected": "REJECT",
}


class Command(RunserverCommand):
    """Django's runserver, with WebSockets."""

    protocol = "http"
    server_cls = Server
    # Set by Django's own handle().
    addr: str
    port: str
    _raw_ipv6: bool

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds the command's options to Django's."""
        super().add_arguments(parser)
        parser.add_argument(
            "--noworker",
            action="store_false",
            dest="run_worker",
            help="Runs no workers; the layer of the settings is used, for workers elsewhere.",
        )
        parser.add_argument(
            "--noasgi",
            action="store_false",
            dest="use_asgi",
            help="Runs Django's own server, without WebSockets.",
        )
        parser.add_argument(
            "--http_timeout", type=int, default=None, help="Seconds a request may take."
        )
        parser.add_argument(
            "--websocket_handshake_timeout",
            type=int,
            default=5,
            help="Seconds a WebSocket handshake may take (default: 5).",
        )

    def inner_run(self, *args: Any, **options: Any) -> None:
        """Serves until it is stopped or the code changes."""
        if not options["use_asgi"]:
            self.server_cls = RunserverCommand.server_cls
            super().inner_run(*args, **options)
            return
        self.logger = setup_logger("django.channels", options["verbosity"])
        layer = self._layer(options)
        layer.router.check_default(http_consumer=self.get_consumer(*args, **options))
        self.stdout.write("Performing system checks...\n\n")
        self.check(display_num_errors=True)
        self.check_migrations()
        self._welcome(layer)
        if options["run_worker"]:
            self._start_workers(layer, WORKER_THREADS if options["use_threading"] else 1)
        self._serve(layer, options)

    def get_consumer(self, *args: Any, **options: Any) -> ViewConsumer:
        """Returns the consumer of `http.request`: Django's views, and static files if asked."""
        installed = apps.is_installed("django.contrib.staticfiles")
        wanted = options.get("use_static_handler", installed)
        if wanted and (settings.DEBUG or options.get("insecure_serving", False)):
            return StaticFilesConsumer()
        return ViewConsumer()

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        """Writes one line for a request or a change of a WebSocket."""
        if protocol == "http" and action == "complete":
            line = "HTTP {method} {path} {status} [{time_taken:.2f}, {client}]".format(**details)
            line = self._style_of(details["status"])(line)
        elif protocol == "websocket" and action in SOCKET_ACTIONS:
            line = "WebSocket {} {path} [{client}]".format(SOCKET_ACTIONS[action], **details)
        else:
            return
        now = datetime.datetime.now().strftime("%Y/%m/%d %H:%M:%S")
        sys.stderr.write(f"[{now}] {line}\n")

    def _layer(self, options: dict[str, Any]) -> ChannelLayerWrapper:
        """Returns the in-memory layer in place of a networked one, so that Redis is not needed."""
        if options["run_worker"]:
            routing = channel_layers.configs[DEFAULT_CHANNEL_LAYER].get("ROUTING", [])
            layer = InMemoryChannelLayer()
            channel_layers.set(
                DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper(layer, DEFAULT_CHANNEL_LAYER, routing)
            )
        return channel_layers[DEFAULT_CHANNEL_LAYER]

    def _welcome(self, layer: ChannelLayerWrapper) -> None:
        address = f"[{self.addr}]" if self._raw_ipv6 else self.addr
        quit_command = "CTRL-BREAK" if sys.platform == "win32" else "CONTROL-C"
        self.stdout.write(
            f"{datetime.datetime.now():%B %d, %Y - %X}\n"
            f"Django version {self.get_version()}, using settings {settings.SETTINGS_MODULE!r}\n"
            f"Starting Channels development server at {self.protocol}://{address}:{self.port}/\n"
            f"Channel layer {layer}\n"
            f"Quit the server with {quit_command}.\n"
        )

    def _start_workers(self, layer: ChannelLayerWrapper, count: int) -> None:
        for number in range(count):
            worker = Worker(layer, signal_handlers=False)
            worker.ready()
            threading.Thread(
                target=worker.run, name=f"channels-worker-{number}", daemon=True
            ).start()

    def _serve(self, layer: ChannelLayerWrapper, options: dict[str, Any]) -> None:
        reactor.callWhenRunning(daphne.equip)
        try:
            server = self.server_cls(
                application=layer,
                endpoints=build_endpoint_description_strings(host=self.addr, port=self.port),
                # Under the autoreloader this is not the main thread.
                signal_handlers=not options["use_reloader"],
                action_logger=self.log_action,
                http_timeout=options["http_timeout"],
                root_path=getattr(settings, "FORCE_SCRIPT_NAME", "") or "",
                websocket_handshake_timeout=options["websocket_handshake_timeout"],
            )
            server.run()
            if server.abort_start:
                # Nothing listens. As in Django's own, for sys.exit may end this thread only.
                os._exit(1)
        except KeyboardInterrupt:
            if options.get("shutdown_message"):
                self.stdout.write(options["shutdown_message"])

    def _style_of(self, status: int) -> Any:
        styles = {
            1: self.style.HTTP_INFO,
            2: self.style.HTTP_SUCCESS,
            3: self.style.HTTP_REDIRECT,
            4: self.style.HTTP_BAD_REQUEST,
        }
        if status == 304:
            return self.style.HTTP_NOT_MODIFIED
        if status == 404:
            return self.style.HTTP_NOT_FOUND
        return styles.get(status // 100, self.style.HTTP_SERVER_ERROR)
