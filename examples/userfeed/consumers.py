from typing import Any

from channels import Group
from channels.exceptions import DenyConnection
from channels.message import Message
from examples.common.frames import send_json
from examples.userfeed.tokens import token_user


def user_group(user_id: int) -> Group:
    return Group(f"notifications_{user_id}")


@token_user
def ws_connect(message: Message) -> None:
    if not message.user.is_authenticated:
        raise DenyConnection
    user_group(message.user.pk).add(message.reply_channel)
    message.reply_channel.send({"accept": True})


@token_user
def ws_disconnect(message: Message) -> None:
    if message.user.is_authenticated:
        user_group(message.user.pk).discard(message.reply_channel)


def notify_user(user_id: int, notification: Any) -> None:
    """Send a notification to every open page of a user.

    Arguments:
        notification: anything that JSON can hold.
    """
    send_json(user_group(user_id), notification=notification)
