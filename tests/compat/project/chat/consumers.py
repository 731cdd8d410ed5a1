import json

from channels import Channel, Group
from channels.auth import channel_session_user, channel_session_user_from_http
from channels.sessions import channel_session, enforce_ordering

from .models import ChatMessage, Room

HISTORY = 20


@enforce_ordering
@channel_session_user_from_http
def ws_connect(message, label):
    try:
        room = Room.objects.get(label=label)
    except Room.DoesNotExist:
        message.reply_channel.send({"close": True})
        return
    message.reply_channel.send({"accept": True})
    message.channel_session["room"] = room.label
    message.channel_session["handle"] = message.user.username or "guest"
    Group("chat-%s" % room.label).add(message.reply_channel)
    latest = room.messages.order_by("-pk")[:HISTORY]
    for old in reversed(latest):
        message.reply_channel.send({"text": json.dumps(old.as_dict())})


@enforce_ordering
@channel_session_user
def ws_receive(message, label):
    # Saving and sending out is done by whoever has time for it.
    Channel("chat.messages").send({
        "room": message.channel_session["room"],
        "handle": message.channel_session["handle"],
        "text": message["text"],
    })


@enforce_ordering
@channel_session
def ws_disconnect(message, label):
    room = message.channel_session.get("room")
    if room:
        Group("chat-%s" % room).discard(message.reply_channel)
        leaving = {"handle": message.channel_session["handle"], "text": "left"}
        Group("chat-%s" % room).send({"text": json.dumps(leaving)})


def chat_message(message):
    room = Room.objects.get(label=message["room"])
    saved = ChatMessage.objects.create(
        room=room, handle=message["handle"], text=message["text"]
    )
    Group("chat-%s" % room.label).send({"text": json.dumps(saved.as_dict())})
