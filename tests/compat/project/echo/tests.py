from channels import DEFAULT_CHANNEL_LAYER, route_class
from channels.asgi import channel_layers
from channels.generic.websockets import WebsocketConsumer
from channels.test import ChannelTestCase, Client, HttpClient, apply_routes

from .consumers import Demultiplexer


class EchoTests(ChannelTestCase):
    def test_streams(self):
        with apply_routes([route_class(Demultiplexer, path="/streams/")]):
            client = HttpClient()
            client.send_and_consume("websocket.connect", path="/streams/")
            self.assertEqual(client.receive(), {
                "stream": "echo",
                "payload": {"status": "I just connected!"},
            })
            client.send_and_consume("websocket.receive", path="/streams/", text={
                "stream": "shout", "payload": {"say": "hi"},
            })
            self.assertEqual(client.receive(), {"stream": "shout", "payload": {"shout": "HI"}})

    def test_unknown_stream(self):
        client = HttpClient()
        with self.assertRaises(ValueError):
            client.send_and_consume("websocket.receive", path="/echo/streams/", text={
                "stream": "nope", "payload": {},
            })

    def test_plain(self):
        client = HttpClient(ordered=True)
        client.send_and_consume("websocket.connect", path="/echo/plain/")
        client.send_and_consume("websocket.receive", path="/echo/plain/", text="hi")
        self.assertEqual(client.receive(json=False), "hi")

    def test_routing(self):
        self.assertIn("websocket.receive", channel_layers[DEFAULT_CHANNEL_LAYER].router.channels)

    def test_attrs(self):
        class Counter(WebsocketConsumer):
            start = 0

            def receive(self, text=None, bytes=None, **kwargs):
                self.send(text=str(self.start + int(text)))

        with apply_routes([
            Counter.as_route(path="^/zero$"),
            Counter.as_route(path="^/ten$", attrs={"start": 10}),
        ]):
            client = Client()
            client.send_and_consume("websocket.receive", {"path": "/zero", "text": "1"})
            client.send_and_consume("websocket.receive", {"path": "/ten", "text": "1"})
            self.assertEqual(client.receive(), {"text": "1"})
            self.assertEqual(client.receive(), {"text": "11"})
