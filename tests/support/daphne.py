"""A Daphne on a layer whose workers are the test."""

import http.client
import json
import sys
import threading
from contextlib import contextmanager

from websockets.sync.client import connect

from asgi_redis import RedisChannelLayer
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until

SECONDS = 30


class Daphne:
    """A Daphne and the worker's side of its layer.

    Args:
        folder: for its log.
        url: of Redis.
        prefix: of its keys.
        certificate: file of its certificate and file of its key; without, it speaks plain text.
        options: more of the command line.
        application: what it runs, a module of the village and a name in it.
    """

    def __init__(
        self,
        folder,
        url,
        prefix,
        certificate=None,
        options=(),
        application="asgi:channel_layer",
    ):
        config = {
            "hosts": [url],
            "prefix": prefix,
            "stats_prefix": f"{prefix}meta:",
            "channel_capacity": {"websocket.receive": 3, "http.request.body?*": 3},
        }
        self.port = free_port()
        self.layer = RedisChannelLayer(**config)
        endpoint = f"tcp:{self.port}"
        if certificate:
            endpoint = "ssl:{}:certKey={}:privateKey={}".format(self.port, *certificate)
        command = [sys.executable, "-m", "daphne", "--proxy-headers", "-e", endpoint]
        self.process = Process(
            "daphne",
            [*command, *options, f"tests.support.village.{application}"],
            env={
                "DJANGO_SETTINGS_MODULE": "tests.support.village.settings",
                "VILLAGE_CONFIG": json.dumps(config),
            },
            folder=folder,
        )

    def start(self):
        self.process.start()
        self.process.wait_for_output("Listening on TCP address")

    def stop(self):
        self.process.stop()
        self.layer.flush()
        self.layer.nodes[0].close()

    def take(self, channel):
        """The next message of a channel."""
        return wait_until(
            lambda: self.layer.receive([channel], block=True)[1], f"a message on {channel}"
        )

    def take_body(self, message):
        """The body of a request, of which the message has the beginning."""
        body, channel = message["body"], message.get("body_channel")
        more = channel is not None
        while more:
            part = self.take(channel)
            body, more = body + part["content"], part["more_content"]
        return body

    def connect(self, **options):
        """Starts a handshake, which a worker answers in a thread, as its `answer` says."""
        host = "wss://localhost" if "ssl" in options else "ws://127.0.0.1"
        return connect(f"{host}:{self.port}/chat/", proxy=None, max_size=None, **options)

    @contextmanager
    def socket(self, answer=None, **options):
        """An open socket and its reply channel."""
        connects = []

        def work():
            connects.append(self.take("websocket.connect"))
            self.layer.send(connects[0]["reply_channel"], answer or {"accept": True})

        worker = threading.Thread(target=work)
        worker.start()
        try:
            with self.connect(**options) as client:
                worker.join()
                yield client, connects[0]
        finally:
            worker.join()
            if connects:
                self.end = self.disconnect(connects[0]["reply_channel"])

    def disconnect(self, channel):
        """The disconnect of a socket; those of others are dropped."""
        message = {}
        while message.get("reply_channel") != channel:
            message = self.take("websocket.disconnect")
        return message

    def request(self, method="GET", path="/", body=None, **headers):
        """Sends a request; returns the connection and the message that a worker gets."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request(method, path, body, headers)
        return connection, self.take("http.request")
