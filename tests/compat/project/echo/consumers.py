from channels.generic.websockets import (
    JsonWebsocketConsumer, WebsocketConsumer, WebsocketDemultiplexer,
)
from channels.security.websockets import allowed_hosts_only


class PlainEcho(WebsocketConsumer):
    strict_ordering = True

    def receive(self, text=None, bytes=None, **kwargs):
        self.send(text=text, bytes=bytes)


class EchoConsumer(JsonWebsocketConsumer):
    def connect(self, message, multiplexer, **kwargs):
        multiplexer.send({"status": "I just connected!"})

    def disconnect(self, message, multiplexer, **kwargs):
        print("Stream %s is closed" % multiplexer.stream)

    def receive(self, content, multiplexer, **kwargs):
        multiplexer.send({"original_message": content})


class ShoutConsumer(JsonWebsocketConsumer):
    def connect(self, message, multiplexer, **kwargs):
        pass

    def receive(self, content, multiplexer, **kwargs):
        multiplexer.send({"shout": content["say"].upper()})


class Demultiplexer(WebsocketDemultiplexer):
    consumers = {
        "echo": EchoConsumer,
        "shout": ShoutConsumer,
    }


@allowed_hosts_only
def guarded_connect(message):
    message.reply_channel.send({"accept": True})
