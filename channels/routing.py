"""Which consumer runs for which message (the contract, section 2)."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from channels.layers.names import check_receivable
from channels.utils import name_that_thing

Consumer = Callable[..., Any]
Match = tuple[Consumer, dict[str, str]]


class Route:
    """Sends the messages of some channels, filtered by their content, to one consumer.

    Arguments:
        channels: a channel name, or several.
        consumer: a callable, or its dotted path.
        filters: regular expressions by content key, matched from the start of the value;
            their named groups become arguments of the consumer.

    Raises:
        ImproperlyConfigured: the dotted path does not import.
        ValueError: a filter is no regular expression or has positional groups.
        TypeError: the consumer cannot be called with a message, or a channel has no valid name.
    """

    def __init__(
        self, channels: str | bytes | Iterable[str], consumer: Any, **filters: str | bytes
    ) -> None:
        names = [channels] if isinstance(channels, str | bytes) else channels
        self.channels = [check_receivable(_text(name)) for name in names]
        self.consumer = self._resolve_consumer(consumer)
        self.filters = {key: self._compile(key, value) for key, value in filters.items()}

    def match(self, message: Any) -> Match | None:
        """Returns the consumer and its arguments, or None if the message is not for it."""
        if message.channel.name not in self.channels:
            return None
        arguments: dict[str, str] = {}
        for key, regex in self.filters.items():
            found = _match_value(regex, message, key)
            if found is None:
                return None
            arguments.update(found.groupdict())
        return self.consumer, arguments

    def channel_names(self) -> set[str]:
        """Returns the channels that this route listens on."""
        return set(self.channels)

    def _resolve_consumer(self, consumer: Any) -> Consumer:
        if isinstance(consumer, str):
            consumer = _import(consumer, "consumer")
        if not callable(consumer):
            raise TypeError(f"Consumer {consumer!r} cannot be called; give a function or its path.")
        resolved: Consumer = consumer
        return resolved

    def _compile(self, key: str, value: str | bytes) -> re.Pattern[str]:
        regex = _regex(key, value, self)
        if regex.groups != len(regex.groupindex):
            raise ValueError(
                f"Filter for {key} on {self} contains positional groups; only named groups are"
                f" allowed: write (?P<name>...) in {value!r}."
            )
        return regex

    def __str__(self) -> str:
        filters = ", ".join(
            f"{key}={regex.pattern}" for key, regex in getattr(self, "filters", {}).items()
        )
        return f"{'/'.join(self.channels)} ({filters}) -> {name_that_thing(self.consumer)}"


class RouteClass(Route):
    """Sends every message of a class-based consumer's channels to it."""

    def __init__(self, consumer: Any, **filters: str | bytes) -> None:
        consumer = self._resolve_consumer(consumer)
        if not callable(getattr(consumer, "channel_names", None)):
            raise ValueError(
                f"route_class needs a class with a channel_names method, not {consumer!r};"
                " give a function to route."
            )
        super().__init__(consumer.channel_names(), consumer, **filters)


class Include:
    """Another routing, for messages whose values begin with the given prefixes.

    Arguments:
        routing: a list of routes, a dict, or the dotted path of either.
        prefixes: regular expressions by content key; what they match is cut off for the routes
            inside, and their named groups become arguments of the consumer.

    Raises:
        ImproperlyConfigured: the routing does not import, or has something else than routes in it.
        ValueError: a prefix is no regular expression.
    """

    def __init__(self, routing: Any, **prefixes: str | bytes) -> None:
        self.routing = Router.resolve_routing(routing)
        self.prefixes = {key: _regex(key, value, "an include") for key, value in prefixes.items()}
        # By channel, so that a message is not held against every route there is.
        self._listening: dict[str, list[Any]] = {}
        for entry in self.routing:
            self._index(entry)

    def append(self, entry: Any) -> None:
        """Adds a route behind all others."""
        self.routing.append(entry)
        self._index(entry)

    def match(self, message: Any) -> Match | None:
        """Returns the consumer and its arguments, or None if no route inside matches."""
        arguments: dict[str, str] = {}
        if self.prefixes:
            message = copy.copy(message)
            message.content = dict(message.content)
            for key, regex in self.prefixes.items():
                found = _match_value(regex, message, key)
                if found is None:
                    return None
                arguments.update(found.groupdict())
                message[key] = _text(message[key])[found.end() :]
        for entry in self._listening.get(message.channel.name, ()):
            match = entry.match(message)
            if match is not None:
                consumer, inner = match
                return consumer, {**arguments, **inner} if arguments else inner
        return None

    def channel_names(self) -> set[str]:
        """Returns the channels that the routes inside listen on."""
        return set(self._listening)

    def _index(self, entry: Any) -> None:
        for channel in entry.channel_names():
            self._listening.setdefault(channel, []).append(entry)


class Router:
    """A layer's routing: the first route that matches wins.

    Arguments:
        routing: a list of routes, a dict of channel to consumer, or the dotted path of either.

    Attributes:
        channels: the names of all channels that have a route.
    """

    def __init__(self, routing: Any) -> None:
        self.root = Include(routing)
        self.channels = self.root.channel_names()

    def add_route(self, route: Route | Include) -> None:
        """Adds a route behind all others."""
        self.root.append(route)
        self.channels = self.root.channel_names()

    def match(self, message: Any) -> Match | None:
        """Returns the consumer for a message and its arguments, or None."""
        return self.root.match(message)

    def check_default(self, http_consumer: Consumer | None = None) -> None:
        """Adds what every project needs, behind its own routes.

        Requests go to Django's views, connecting sockets are accepted, and what else sockets
        send is read off its channels.

        Arguments:
            http_consumer: for `http.request`, instead of the view handler.
        """
        # Imported here because a handler loads the middleware, which only workers need.
        from channels.handler import ViewConsumer

        self.add_route(Route("http.request", http_consumer or ViewConsumer()))
        self.add_route(Route("websocket.connect", connect_consumer))
        self.add_route(Route("websocket.receive", null_consumer))
        self.add_route(Route("websocket.disconnect", null_consumer))
        if getattr(settings, "CHANNELS_KEEPALIVE_SECONDS", 0):
            self.add_route(Route("websocket.keepalive", null_consumer))

    @classmethod
    def resolve_routing(cls, routing: Any) -> list[Any]:
        """Returns a routing as a list of routes, imported if it is a dotted path.

        Raises:
            ImproperlyConfigured: it does not import, is no list and no dict, or has something else
                than routes in it.
        """
        if isinstance(routing, str):
            routing = _import(routing, "channel routing")
        if isinstance(routing, Mapping):
            return [Route(channel, consumer) for channel, consumer in routing.items()]
        if isinstance(routing, Iterable):
            return [_check_entry(entry) for entry in routing]
        raise ImproperlyConfigured(
            f"A channel routing must be a list of routes or a dict, not {routing!r}."
        )


def null_consumer(message: Any, **kwargs: Any) -> None:
    """Reads a message and does nothing."""


def connect_consumer(message: Any, **kwargs: Any) -> None:
    """Accepts every socket."""
    message.reply_channel.send({"accept": True})


def _check_entry(entry: Any) -> Any:
    if all(callable(getattr(entry, name, None)) for name in ("match", "channel_names")):
        return entry
    raise ImproperlyConfigured(
        "A channel routing is made of route(...), route_class(...) and include(...),"
        f" not {entry!r}."
    )


def _regex(key: str, value: str | bytes, place: Any) -> re.Pattern[str]:
    try:
        return re.compile(_text(value))
    except re.error as error:
        raise ValueError(
            f"Filter {key}={value!r} on {place} is no regular expression: {error}."
        ) from error


def _match_value(regex: re.Pattern[str], message: Any, key: str) -> re.Match[str] | None:
    value = message.get(key)
    return regex.match(_text(value)) if isinstance(value, str | bytes) else None


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _import(path: str, kind: str) -> Any:
    module_name, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module_name), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImproperlyConfigured(f"Cannot import {kind} {path!r}: {error}") from error


# Lower case, as in Django's urls.py.
route = Route
route_class = RouteClass
include = Include
