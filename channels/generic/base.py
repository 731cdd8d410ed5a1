"""The base of all class-based consumers (the contract, section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from channels.auth import channel_session_user
from channels.message import Message
from channels.routing import RouteClass, route_class
from channels.sessions import channel_session


class BaseConsumer:
    """A consumer with a method for each of its channels.

    The class is the consumer: a worker calls it with a message, and making the instance runs
    the method that `method_mapping` names for the message's channel.

    Arguments:
        message: what was read.
        kwargs: the named groups of the route's filters.

    Attributes:
        method_mapping: method names by channel name.
        channel_session: whether the methods find `message.channel_session`.
        channel_session_user: whether they find `message.user` too.
    """

    method_mapping: Mapping[str, str] = {}
    channel_session: bool = False
    channel_session_user: bool = False

    def __init__(self, message: Message, **kwargs: Any) -> None:
        self.message = message
        self.kwargs = kwargs
        self.dispatch(message, **kwargs)

    @classmethod
    def channel_names(cls) -> set[str]:
        """Returns the channels that the class consumes."""
        return set(cls.method_mapping)

    @classmethod
    def as_route(cls, attrs: Mapping[str, Any] | None = None, **kwargs: str) -> RouteClass:
        """Returns a route to this class.

        Arguments:
            attrs: class attributes that differ on this route only.
            kwargs: the route's filters, regular expressions by message key.

        Raises:
            TypeError: `attrs` is no mapping.
        """
        consumer = cls
        if attrs:
            if not isinstance(attrs, Mapping):
                raise TypeError(f"attrs must be a dict of class attributes, not {attrs!r}.")
            # The module is named so that logs show where the consumer was written.
            consumer = type(cls.__name__, (cls,), {"__module__": cls.__module__, **attrs})
        return route_class(consumer, **kwargs)

    def get_handler(self, message: Message, **kwargs: Any) -> Callable[..., Any]:
        """Returns the method for the message, with the decorators that the class asks for."""
        handler: Callable[..., Any] = getattr(self, self.method_mapping[message.channel.name])
        if self.channel_session_user:
            return channel_session_user(handler)
        if self.channel_session:
            return channel_session(handler)
        return handler

    def dispatch(self, message: Message, **kwargs: Any) -> Any:
        """Runs the method for the message with the message and all keyword arguments."""
        return self.get_handler(message, **kwargs)(message, **kwargs)
