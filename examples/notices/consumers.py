from collections.abc import Iterable
from typing import Any

from asgiref.sync import sync_to_async

from channels import Channel
from channels.channel import Group
from channels.db import database_sync_to_async
from channels.message import Message
from channels.sessions import channel_session, enforce_ordering, http_session
from examples.common.frames import read_json, send_json
from examples.common.nicks import nick_of
from examples.common.rooms import room_group
from examples.notices.models import Clients


def notice_group(room: str) -> Group:
    return room_group("notice", room)


@enforce_ordering
@http_session
async def ws_connect(message: Message, room: str) -> None:
    await enter(message, room)
    message.reply_channel.send({"accept": True})


@database_sync_to_async
def enter(message: Message, room: str) -> None:
    """The session, the row and the group: what would hold up the worker's event loop."""
    nick = message.channel_session["nick"] = nick_of(message.http_session)
    Clients.objects.arrive(message, room, nick)
    notice_group(room).add(message.reply_channel)


@enforce_ordering
async def ws_receive(message: Message, room: str) -> None:
    content = read_json(message, "message")
    # Leaves when this consumer returns, so there is nothing to await.
    send_group_msg(room, content["message"])


@channel_session
def ws_keepalive(message: Message, room: str) -> None:
    Clients.objects.arrive(message, room, message.channel_session.get("nick", nick_of(None)))
    Clients.objects.sweep()


@enforce_ordering
def ws_disconnect(message: Message, room: str) -> None:
    notice_group(room).discard(message.reply_channel)
    Clients.objects.leave(message)


def send_group_msg(room: str, message: Any) -> None:
    """Send a message to everyone in a room, from wherever this is called.

    Arguments:
        message: anything that JSON can hold.
    """
    send_json(notice_group(room), message=message)


def send_channel_msg(channel: str, message: Any) -> None:
    """Send a message to one client, known by the name of its reply channel."""
    send_json(Channel(channel), message=message)


async def announce(rooms: Iterable[str], message: Any) -> None:
    """Send a message to several rooms, from code that is asynchronous."""
    for room in rooms:
        await sync_to_async(send_group_msg)(room, message)
