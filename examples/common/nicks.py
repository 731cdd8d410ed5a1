"""The nick name of a browser, kept in its session."""

import secrets
from collections.abc import Callable

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

SESSION_KEY = "session_simple_nick_name"
MAX_LENGTH = 40
NOBODY = "guest"


def nick_of(session: SessionBase | None) -> str:
    """Return the name in the session of a socket; without a session it is a guest."""
    return session.get(SESSION_KEY, NOBODY) if session else NOBODY


def nick(request: HttpRequest) -> dict[str, Callable[[], str]]:
    """Context processor: a template that shows `nick` gives the browser one if it has none."""

    def given() -> str:
        return request.session.setdefault(SESSION_KEY, f"{NOBODY}-{secrets.randbelow(9000) + 1000}")

    return {"nick": given}
