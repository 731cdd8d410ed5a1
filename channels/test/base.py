"""Test cases and a client on a layer of their own (the contract, section 2)."""

from __future__ import annotations

import copy
import random
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.test import TestCase, TransactionTestCase

from channels.asgi import DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper, channel_layers
from channels.channel import Group
from channels.exceptions import ChannelSocketException
from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.pending import Pending, collect_sends
from channels.routing import Router, include
from channels.signals import consumer_finished, consumer_started
from channels.test.atomic import keep_commit_hooks, keep_connections, run_commit_hooks

# As in 1.x: small, so that a test notices a channel that nobody reads.
CAPTIVE_CAPACITY = 10


@contextmanager
def captive_layers(aliases: Iterable[str] = (DEFAULT_CHANNEL_LAYER,)) -> Iterator[None]:
    """Puts an empty in-memory layer behind each alias; their routing stays."""
    with mock.patch.dict(channel_layers.backends):
        for alias in aliases:
            layer = InMemoryChannelLayer(capacity=CAPTIVE_CAPACITY)
            routing = channel_layers[alias].routing
            channel_layers.set(alias, ChannelLayerWrapper(layer, alias, routing))
        yield


class ChannelTestCaseMixin:
    """Gives each test in-memory channel layers of its own, and looks at what is sent on them.

    Attributes:
        test_channel_aliases: the layers that are replaced.
    """

    test_channel_aliases: Sequence[str] = (DEFAULT_CHANNEL_LAYER,)
    _captivity: ExitStack

    @classmethod
    def _pre_setup(cls) -> None:
        super()._pre_setup()  # type: ignore[misc]
        cls._captivity = ExitStack()
        cls._captivity.enter_context(captive_layers(cls.test_channel_aliases))
        cls._captivity.enter_context(keep_connections())
        cls._captivity.enter_context(run_commit_hooks())

    def _post_teardown(self) -> None:
        self._captivity.close()
        super()._post_teardown()  # type: ignore[misc]

    def get_next_message(
        self, channel: str, alias: str = DEFAULT_CHANNEL_LAYER, require: bool = False
    ) -> Message | None:
        """Takes the next message off a channel.

        Arguments:
            channel: its name.
            alias: of the layer.
            require: fails the test if there is no message.

        Returns:
            the message, or None.
        """
        message = _next_message(channel, alias)
        if message is None and require:
            raise AssertionError(f"Expected a message on channel {channel}, got none")
        return message


class ChannelTestCase(ChannelTestCaseMixin, TestCase):
    """Django's TestCase on in-memory layers; runs commit hooks as if the test's work committed."""

    @classmethod
    @contextmanager
    def captureOnCommitCallbacks(cls, **kwargs: Any) -> Iterator[list[Callable[[], Any]]]:
        """As Django's: within the block, hooks run only if and when it runs them."""
        with keep_commit_hooks(), super().captureOnCommitCallbacks(**kwargs) as callbacks:
            yield callbacks


class TransactionChannelTestCase(ChannelTestCaseMixin, TransactionTestCase):
    """Django's TransactionTestCase on in-memory layers."""


class Client:
    """One end of a conversation: sends messages, runs their consumers, reads the replies.

    Arguments:
        alias: of the layer.

    Attributes:
        reply_channel: where its replies go.
    """

    def __init__(self, alias: str = DEFAULT_CHANNEL_LAYER) -> None:
        self.alias = alias
        self.reply_channel = alias + "".join(random.choices(string.ascii_letters, k=8))

    @property
    def channel_layer(self) -> ChannelLayerWrapper:
        """The layer behind the alias at the moment."""
        return channel_layers[self.alias]

    def get_next_message(self, channel: str) -> Message | None:
        """Takes the next message off a channel; returns None if there is none."""
        return _next_message(channel, self.alias)

    def get_consumer_by_channel(self, channel: str) -> Callable[..., Any] | None:
        """Returns the consumer that a message without content on the channel is routed to."""
        match = self.channel_layer.router.match(Message({"text": ""}, channel, self.channel_layer))
        return match[0] if match else None

    def send(self, to: str, content: Mapping[str, Any] | None = None) -> None:
        """Sends a message from this client, with its reply channel, to a channel."""
        self.channel_layer.send(to, self._addressed(content))

    def consume(self, channel: str, fail_on_none: bool = True) -> Any:
        """Runs the consumer of the next message on a channel.

        Arguments:
            channel: its name.
            fail_on_none: whether it is an error that there is no message, or no consumer for it.

        Returns:
            what the consumer returned (of a class, the instance), or None.

        Raises:
            AssertionError: see `fail_on_none`. What the consumer raises is raised here, but for
                a ChannelSocketException, which is run.
            ChannelFull: the consumer sent more than a channel holds; the rest was sent.
        """
        message = self.get_next_message(channel)
        match = message and self.channel_layer.router.match(message)
        if message and match:
            consumer, kwargs = match
            return self._run(consumer, message, kwargs)
        if fail_on_none:
            raise AssertionError(
                f"Can't find consumer for message {message}"
                if message
                else f"No message for channel {channel}"
            )
        return None

    def send_and_consume(
        self, channel: str, content: Mapping[str, Any] | None = None, fail_on_none: bool = True
    ) -> Any:
        """Sends a message and runs its consumer; see `send` and `consume`."""
        self.send(channel, content)
        return self.consume(channel, fail_on_none=fail_on_none)

    def receive(self) -> Any:
        """Returns the content of the next reply, or None."""
        message = self.get_next_message(self.reply_channel)
        return message.content if message else None

    def join_group(self, group_name: str) -> None:
        """Puts the client into a group."""
        Group(group_name, alias=self.alias).add(self.reply_channel)

    def _addressed(self, content: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"reply_channel": self.reply_channel, **copy.deepcopy(dict(content or {}))}

    def _run(self, consumer: Callable[..., Any], message: Message, kwargs: dict[str, Any]) -> Any:
        if iscoroutinefunction(consumer):
            consumer = async_to_sync(consumer)
        with keep_connections(), collect_sends() as pending:
            try:
                consumer_started.send(sender=type(self), environ={})
                return consumer(message, **kwargs)
            except ChannelSocketException as reply:
                reply.run(message)
            finally:
                consumer_finished.send(sender=type(self))
                _send_all(pending)


class apply_routes:
    """Replaces the routing of layers: in a `with` block, a function, or each test of a class.

    Arguments:
        routes: a route, a list of them, or a list of such lists.
        aliases: of the layers.
    """

    def __init__(self, routes: Any, aliases: Sequence[str] = (DEFAULT_CHANNEL_LAYER,)) -> None:
        self.routes = routes
        self._aliases = aliases
        self._replaced: list[tuple[ChannelLayerWrapper, Any, Router | None]] = []

    def enter(self) -> None:
        """Applies the routes."""
        for alias in self._aliases:
            layer = channel_layers[alias]
            # The router of the settings is made on first use, which may never come.
            self._replaced.append((layer, layer.routing, vars(layer).get("router")))
            layer.routing = self._as_list()
            layer.router = Router(layer.routing)

    def exit(self, *exc_info: object) -> None:
        """Puts back what was there before."""
        while self._replaced:
            layer, routing, router = self._replaced.pop()
            layer.routing = routing
            del layer.router
            if router is not None:
                layer.router = router

    def __enter__(self) -> apply_routes:
        self.enter()
        return self

    __exit__ = exit

    def __call__(self, decorated: Any) -> Any:
        """Decorates a function, or a test case class."""
        if isinstance(decorated, type):
            return self._decorate_class(decorated)

        @wraps(decorated)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self:
                return decorated(*args, **kwargs)

        @wraps(decorated)
        async def inner_async(*args: Any, **kwargs: Any) -> Any:
            with self:
                return await decorated(*args, **kwargs)

        return inner_async if iscoroutinefunction(decorated) else inner

    def _decorate_class(self, test_case: Any) -> Any:
        set_up = test_case.setUp

        def new_set_up(test: Any) -> None:
            # A setUp that raises or skips the test has no tearDown, but it has cleanups.
            test.addCleanup(self.exit)
            self.enter()
            set_up(test)

        test_case.setUp = new_set_up
        return test_case

    def _as_list(self) -> list[Any]:
        if not isinstance(self.routes, list | tuple):
            return [self.routes]
        if self.routes and isinstance(self.routes[0], list | tuple):
            return [include(routes) for routes in self.routes]
        return list(self.routes)


def _send_all(pending: Pending) -> None:
    """Sends what a consumer has sent; raises if a channel is full, for it would stay full."""
    refusals = [one for layer, item in pending for one in layer.send_all([item])]
    if refusals:
        raise refusals[0].error


def _next_message(channel: str, alias: str) -> Message | None:
    layer = channel_layers[alias]
    name, content = layer.receive([channel])
    return None if name is None else Message(content, name, layer)
