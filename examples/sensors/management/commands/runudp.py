"""`manage.py runudp --port 5005`: the interface server for the datagrams of sensors."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from twisted.internet import asyncioreactor

from channels import channel_layers
from examples.sensors.udp import UdpInterface


class Command(BaseCommand):
    help = "Turns UDP datagrams into udp.receive messages, and udp.send! replies into datagrams."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.UDP_PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        asyncioreactor.install()
        # Importing it installs another one if none is there yet.
        from twisted.internet import reactor

        reactor.listenUDP(port, UdpInterface(channel_layers["default"]), interface=host)
        self.stdout.write(f"Listening for datagrams on {host}:{port}")
        reactor.run()
