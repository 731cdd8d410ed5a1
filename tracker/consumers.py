"""The sockets of the open pages: who hears of changes, and from which on."""

import json
import logging
import time
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.contrib.auth import SESSION_KEY

from channels import Group
from channels.auth import channel_session_user, channel_session_user_from_http
from channels.exceptions import DenyConnection
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from tracker import audiences, inboxes, jsontext, relay, replay
from tracker.models import LogHead
from tracker.position import BadPosition, Position
from tracker.sockets import Close, session_group, user_group

logger = logging.getLogger(__name__)

REPLAY_BATCH = 100
MAX_FRAME = 4096
# How many replays a page may ask for in how many seconds.
MAX_REPLAYS, REPLAY_SECONDS = 10, 10


class BadFrame(ValueError):
    """A page sent what the server does not understand."""


def relay_woken(message: Message) -> None:
    """Publish what has been committed."""
    relay.publish()


@allowed_hosts_only
@channel_session_user_from_http
def websocket_connect(message: Message) -> None:
    """Let those who may watch hear of every change; refuse everybody else with 403.

    `?since=epoch:seq` is the last notification that the page has: it gets the ones after it.
    """
    permissions = audiences.permissions_of(message.user)
    group = audiences.group_of(permissions)
    if not message.user.is_active or group is None:
        logger.warning("Socket refused: not logged in, or without the right to watch")
        raise DenyConnection
    groups = [
        group,
        user_group(message.user.pk),
        session_group(message.http_session.session_key),
    ]
    message.channel_session["groups"] = groups
    message.channel_session["http_session_key"] = message.http_session.session_key
    # Before the log is read: what is published from now on comes through the group.
    for name in groups:
        Group(name).add(message.reply_channel)
    message.reply_channel.send({"accept": True})
    _welcome(message, _since_in_address(message), permissions)
    logger.info("Socket opened by %s", message.user)


@channel_session_user
def websocket_receive(message: Message) -> None:
    """Send a page what it found missing."""
    permissions = audiences.permissions_of(message.user)
    if audiences.group_of(permissions) is None:
        message.reply_channel.send({"close": int(Close.SIGNED_OUT)})
        return
    try:
        since = _asked_since(message)
    except BadFrame as error:
        _refuse(message, Close.BAD_REQUEST, "bad_frame", str(error))
        return
    if _is_too_often(message.channel_session):
        detail = f"More than {MAX_REPLAYS} replays in {REPLAY_SECONDS} s: wait before the next."
        _refuse(message, Close.TOO_MANY_REQUESTS, "too_many", detail)
        return
    _welcome(message, since, permissions)


@channel_session_user
def websocket_keepalive(message: Message) -> None:
    """Renew the memberships, unless the user may no longer watch."""
    permissions = audiences.permissions_of(message.user)
    groups = message.channel_session.get("groups", [])
    if not message.user.is_active or not _session_lives(message):
        _leave(message)
        message.reply_channel.send({"close": int(Close.SIGNED_OUT)})
        logger.info("Socket closed: its user is no longer signed in")
    elif audiences.group_of(permissions) not in groups:
        _leave(message)
        message.reply_channel.send({"close": int(Close.RIGHTS_CHANGED)})
        logger.info("Socket of %s closed: the user's rights have changed", message.user)
    else:
        for name in groups:
            Group(name).add(message.reply_channel)


@channel_session_user
def websocket_disconnect(message: Message) -> None:
    """Forget the socket and its session."""
    _leave(message)
    message.channel_session.delete()
    logger.info("Socket of %s closed with code %s", message.user, message.get("code"))


def _leave(message: Message) -> None:
    for name in message.channel_session.get("groups", []):
        Group(name).discard(message.reply_channel)


def _session_lives(message: Message) -> bool:
    """Whether somebody is still signed in to the session that opened the socket."""
    key = message.channel_session.get("http_session_key")
    sessions = import_module(settings.SESSION_ENGINE).SessionStore
    return key is not None and SESSION_KEY in sessions(key)


def _since_in_address(message: Message) -> str | None:
    query = parse_qs(message["query_string"].decode("latin-1"), keep_blank_values=True)
    return query.get("since", [None])[-1]


def _asked_since(message: Message) -> str:
    """The position that a frame asks to be replayed from.

    Raises:
        BadFrame: the frame asks for nothing.
    """
    text = message.get("text")
    if text is None or len(text) > MAX_FRAME:
        raise BadFrame(f"Send text of at most {MAX_FRAME} characters.")
    try:
        frame = jsontext.read(text)
    except ValueError as error:
        raise BadFrame(f"This is not JSON: {error!s:.80}.") from error
    match frame:
        case {"type": "replay", "since": str(since)}:
            return since
    raise BadFrame('The only frame to send is {"type": "replay", "since": "epoch:seq"}.')


def _is_too_often(session: Any) -> bool:
    now = time.time()
    replays = [at for at in session.get("replays", []) if now - at < REPLAY_SECONDS]
    session["replays"] = [*replays, now]
    return len(replays) >= MAX_REPLAYS


def _welcome(message: Message, since: str | None, permissions: frozenset[str]) -> None:
    """Send what was missed, then where the log stands."""
    head = LogHead.current()
    try:
        if since is not None:
            _replay(message, replay.missed(Position.parse(since), head), head, permissions)
    except BadPosition as error:
        _refuse(message, Close.BAD_REQUEST, "bad_since", str(error))
        return
    except replay.CannotReplay as error:
        _reply(message, {"type": "reload", **_position(head), "reason": error.reason})
    _reply(message, {"type": "hello", **_position(head), **inboxes.greeting(message.user)})


def _replay(message: Message, rows: list[Any], head: LogHead, permissions: frozenset[str]) -> None:
    for start in range(0, len(rows), REPLAY_BATCH):
        batch = rows[start : start + REPLAY_BATCH]
        frames = [row.frame(head.epoch, permissions) for row in batch]
        _reply(message, {"type": "replay", "notifications": frames})


def _position(head: LogHead) -> dict[str, Any]:
    return {"epoch": head.epoch, "seq": head.sequence}


def _reply(message: Message, frame: dict[str, Any]) -> None:
    message.reply_channel.send({"text": json.dumps(frame)})


def _refuse(message: Message, code: Close, error: str, detail: str) -> None:
    _reply(message, {"type": "error", "code": error, "detail": detail})
    message.reply_channel.send({"close": int(code)})
