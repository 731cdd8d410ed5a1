"""Consumers that write down what they do, so that a test can see it from outside."""

import os
import signal
import time

from channels import Group
from channels.message import Message

GROUP = "everybody"


def note(event: str, name: str) -> None:
    """Add a line to the diary; whole lines of several processes do not mix."""
    with open(os.environ["RIG_DIARY"], "ab", buffering=0) as diary:
        diary.write(f"{event} {name} {os.getpid()} {time.monotonic()}\n".encode())


def connect(message: Message) -> None:
    if message["path"] == "/":
        Group(GROUP).add(message.reply_channel)
    message.reply_channel.send({"accept": True})


def receive(message: Message) -> None:
    """Say back what came, except to who asks for the name of its reply channel, or is slow."""
    text, data = message.get("text"), message.get("bytes")
    if text and text.startswith("slow"):
        time.sleep(0.02)
    elif text == "name":
        message.reply_channel.send({"text": message.reply_channel.name})
    else:
        message.reply_channel.send({"bytes": data} if text is None else {"text": text})


def disconnect(message: Message) -> None:
    Group(GROUP).discard(message.reply_channel)
    note("disconnected", str(message["code"]))


def work(message: Message) -> None:
    """Take some seconds for a job; a job may be one that no worker survives."""
    name = message["name"]
    note("started", name)
    if message.get("deadly"):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(message.get("seconds", 0))
    note("done", name)


channel_routing = {
    "websocket.connect": connect,
    "websocket.receive": receive,
    "websocket.disconnect": disconnect,
    "faults.work": work,
    "faults.other": work,  # of three servers it is on the one that has none of the others
}
