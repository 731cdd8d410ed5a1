from channels.channel import Group
from channels.exceptions import DenyConnection
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from channels.sessions import channel_session, enforce_ordering, http_session
from examples.chat.models import Ban, ChatMessage, ChatPresence
from examples.common.frames import BadFrame, read_json, send_json
from examples.common.nicks import nick_of
from examples.common.rooms import room_group

MAX_LENGTH = 4000


def chat_group(room: str) -> Group:
    return room_group("chat", room)


# Ordering is outermost: whatever the others decide, the next message gets its turn.
@enforce_ordering
@allowed_hosts_only
@http_session
def ws_connect(message: Message, room: str) -> None:
    nick = nick_of(message.http_session)
    if Ban.objects.filter(nick=nick).exists():
        raise DenyConnection
    message.channel_session["nick"] = nick
    message.reply_channel.send({"accept": True})
    # First into the group, then the history: a message may come twice, but none is missed.
    chat_group(room).add(message.reply_channel)
    send_json(message.reply_channel, type="history", messages=ChatMessage.history(room))
    is_new = nick not in ChatPresence.objects.nicks(room)
    ChatPresence.objects.arrive(message, room, nick)
    if is_new:
        send_json(chat_group(room), type="joined", nick=nick)
    send_presence(room)


@enforce_ordering
def ws_receive(message: Message, room: str) -> None:
    text = read_json(message, "message")["message"]
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_LENGTH:
        raise BadFrame(f"A message is a text of 1 to {MAX_LENGTH} characters.")
    said = ChatMessage.objects.create(room=room, nick=message.channel_session["nick"], text=text)
    send_json(chat_group(room), type="message", **said.as_json())


@channel_session
def ws_keepalive(message: Message, room: str) -> None:
    if "nick" in message.channel_session:
        ChatPresence.objects.arrive(message, room, message.channel_session["nick"])
    for other in ChatPresence.objects.sweep():
        send_presence(other)


@enforce_ordering
def ws_disconnect(message: Message, room: str) -> None:
    nick = message.channel_session.get("nick")
    chat_group(room).discard(message.reply_channel)
    ChatPresence.objects.leave(message)
    if nick and nick not in ChatPresence.objects.nicks(room):
        send_json(chat_group(room), type="left", nick=nick)
    send_presence(room)


def send_presence(room: str) -> None:
    send_json(chat_group(room), type="present", nicks=ChatPresence.objects.nicks(room))
