"""Reaching the open pages of one user or one session."""

import hashlib
import json
import logging
from enum import IntEnum
from typing import Any

from channels import Group
from channels.layers.exceptions import ChannelLayerError

logger = logging.getLogger(__name__)


class Close(IntEnum):
    """Why the server closes a socket; the private range of RFC 6455, section 7.4.2."""

    BAD_REQUEST = 4400
    SIGNED_OUT = 4401
    RIGHTS_CHANGED = 4403
    TOO_MANY_REQUESTS = 4429


def user_group(pk: Any) -> str:
    """The group of all pages of a user."""
    return f"tracker.user.{pk}"


def session_group(session_key: str) -> str:
    """The group of all pages of a session; its name must not give the session away."""
    return f"tracker.session.{hashlib.sha256(session_key.encode()).hexdigest()}"


def tell(group: str, frame: dict[str, Any]) -> None:
    """Send a frame to the pages of a group."""
    _send(group, {"text": json.dumps(frame)})


def close(group: str, code: Close) -> None:
    """Close the sockets of a group."""
    _send(group, {"close": int(code)})


def _send(group: str, message: dict[str, Any]) -> None:
    try:
        Group(group).send(message)
    except ChannelLayerError as error:
        # The socket notices at its next keepalive.
        logger.warning("%s could not be told: %s", group, error)
