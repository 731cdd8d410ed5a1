"""Who makes the changes that the log records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

_actor: ContextVar[Any] = ContextVar("actor", default=None)


@contextmanager
def acting(user: Any) -> Iterator[None]:
    """Changes in the block are this user's."""
    token = _actor.set(user)
    try:
        yield
    finally:
        _actor.reset(token)


def act_as(user: Any) -> None:
    """Changes from here to the end of the `acting` block around it are this user's."""
    _actor.set(user)


def name_of_actor() -> str:
    """The name of the user who is acting; empty for the public and the system."""
    return _actor.get().get_username() if _actor.get() is not None else ""


class ActorMiddleware:
    """Makes the user of a request the one who acts; stands behind the authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Lazy, so that a request which changes nothing reads no user.
        with acting(request.user):
            return self.get_response(request)
