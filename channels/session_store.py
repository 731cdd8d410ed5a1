"""Where the session of a connection is kept."""

from __future__ import annotations

import functools
import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import signed_cookies
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from channels.db import database_sync_to_async

KEY_LENGTH = 32  # what the database engine has room for
KEY_PREFIX = "chn"
# A socket lives a day, unless Daphne is told otherwise; what it sent at its end is read after it.
LEAST_AGE_SECONDS = 2 * 24 * 60 * 60


class _KeepsKey(SessionBase):
    """A session store that belongs to one key, whether anything is stored under it or not.

    Other stores take a new key then, which no later message of the connection would know.
    """

    def get_session_cookie_age(self) -> int:
        # No cookie is as old, but a socket may be, and nothing was stored since it connected.
        return max(LEAST_AGE_SECONDS, super().get_session_cookie_age())

    def load(self) -> dict[str, Any]:
        key = self.session_key
        data: dict[str, Any] = super().load()
        self._session_key = key
        return data

    def save(self, must_create: bool = False) -> None:
        if must_create:
            super().save(must_create=True)
            return
        try:
            super().save()
        except UpdateError:
            self._save_first()

    def flush(self) -> None:
        key = self.session_key
        super().flush()
        self._session_key = key

    def cycle_key(self) -> None:
        # A new key is for browsers, whose old one somebody else may know. This one was never sent.
        self.modified = True

    async def acycle_key(self) -> None:
        self.cycle_key()

    async def aflush(self) -> None:
        await database_sync_to_async(self.flush)()

    def _save_first(self) -> None:
        try:
            super().save(must_create=True)
        except CreateError:  # another worker was first just now
            super().save()


def session_for_reply_channel(reply_channel: str) -> SessionBase:
    """Returns the session of a connection.

    It is kept by CHANNEL_SESSION_ENGINE, or by SESSION_ENGINE where that is not set.

    Arguments:
        reply_channel: the name of the connection's reply channel.

    Raises:
        ValueError: the engine keeps sessions in cookies, which a message has no way to change.
    """
    engine = getattr(settings, "CHANNEL_SESSION_ENGINE", settings.SESSION_ENGINE)
    digest = hashlib.sha1(reply_channel.encode(), usedforsecurity=False).hexdigest()
    key = (KEY_PREFIX + digest)[:KEY_LENGTH]
    session: SessionBase = _store_class(engine)(session_key=key)
    session.keys()  # loads it
    return session


def save_if_modified(session: SessionBase) -> None:
    """Saves a session that was changed since it was loaded or saved."""
    if session.modified:
        session.save()
        session.modified = False


@functools.cache
def _store_class(engine: str) -> Any:
    store = import_module(engine).SessionStore
    if issubclass(store, signed_cookies.SessionStore):
        raise ValueError(
            f"Channel sessions cannot be kept by {engine}, whose data live in the browser's"
            " cookie. Set CHANNEL_SESSION_ENGINE to another engine, for example"
            " 'django.contrib.sessions.backends.db'."
        )
    # The name of the class is part of how Django signs the data: with the same name, other code
    # can read the session too.
    return type(store.__qualname__, (_KeepsKey, store), {})
