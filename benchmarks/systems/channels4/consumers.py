from meter import meter

from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer


class Room(AsyncWebsocketConsumer):
    groups = ("room",)

    async def room_message(self, event):
        await self.send(text_data=event["text"])


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data=text_data)


class Noop(AsyncConsumer):
    async def bench_noop(self, event):
        meter.hit()
