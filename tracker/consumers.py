"""The sockets of the open pages: who hears of incidents."""

import logging

from channels import Group
from channels.auth import channel_session_user, channel_session_user_from_http
from channels.exceptions import DenyConnection
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from tracker.signals import GROUP

logger = logging.getLogger(__name__)

POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1


@allowed_hosts_only
@channel_session_user_from_http
def websocket_connect(message: Message) -> None:
    """Let logged-in users hear of every change; refuse everybody else with 403."""
    if not message.user.is_active:
        logger.warning("Socket refused: not logged in")
        raise DenyConnection
    Group(GROUP).add(message.reply_channel)
    message.reply_channel.send({"accept": True})
    logger.info("Socket opened by %s", message.user)


@channel_session_user
def websocket_keepalive(message: Message) -> None:
    """Renew the membership, unless the account was closed in the meantime."""
    if message.user.is_active:
        Group(GROUP).add(message.reply_channel)
    else:
        Group(GROUP).discard(message.reply_channel)
        message.reply_channel.send({"close": POLICY_VIOLATION})
        logger.info("Socket closed: its user may no longer log in")


@channel_session_user
def websocket_disconnect(message: Message) -> None:
    """Forget the socket and its session."""
    Group(GROUP).discard(message.reply_channel)
    message.channel_session.delete()
    logger.info("Socket of %s closed with code %s", message.user, message.get("code"))
