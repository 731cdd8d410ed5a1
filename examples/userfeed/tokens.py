"""Who a socket belongs to, by a token in its handshake.

The counterpart of a custom middleware around the connection: a decorator around the consumers.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.signing import BadSignature, TimestampSigner

from channels.message import Message
from channels.sessions import channel_session

# A browser can set no headers of a handshake but this one, Sec-WebSocket-Protocol: the token is
# offered beside it as a second protocol. In the address it would end up in logs.
PROTOCOL = "userfeed"
MAX_AGE_SECONDS = 12 * 3600

_signer = TimestampSigner(salt="userfeed", sep=".")


def token_for(user: AbstractBaseUser) -> str:
    """Return a token with which a page of this user may open sockets for half a day."""
    return _signer.sign(str(user.pk))


def token_user(consumer: Callable[..., Any]) -> Callable[..., Any]:
    """Give a consumer `message.user`: whoever the token was made for, or an AnonymousUser.

    For all consumers of a socket. Only the handshake has the token, so the channel session
    remembers whose it was.
    """

    @channel_session
    @functools.wraps(consumer)
    def inner(message: Message, *args: Any, **kwargs: Any) -> Any:
        if "subprotocols" in message:
            message.channel_session["user"] = _user_id(message["subprotocols"])
        user_id = message.channel_session.get("user")
        users = get_user_model().objects.filter(pk=user_id, is_active=True)
        message.user = users.first() or AnonymousUser()
        return consumer(message, *args, **kwargs)

    return inner


def _user_id(subprotocols: Sequence[str]) -> str | None:
    try:
        return _signer.unsign(subprotocols[-1], max_age=MAX_AGE_SECONDS)
    except (BadSignature, IndexError):
        return None
