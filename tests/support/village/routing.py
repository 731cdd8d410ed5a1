"""Consumers that answer to what they get."""

import threading

from channels import route
from channels.message import Message


def echo(message: Message) -> None:
    message.reply_channel.send({"text": f"echo: {message['text']}"})


def square(message: Message) -> None:
    message.reply_channel.send(
        {"value": message["value"] ** 2, "thread": threading.current_thread().name}
    )


channel_routing = [
    route("websocket.receive", echo),
    route("village.square", square),
    route("village.other", square),
]
