"""A client that behaves like a browser's socket (the contract, section 2)."""

from __future__ import annotations

import json as json_module
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import authenticate, load_backend, login
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, SimpleCookie

from channels.asgi import DEFAULT_CHANNEL_LAYER
from channels.sessions import session_for_reply_channel
from channels.test.base import Client


class WSClient(Client):
    """A WebSocket client with headers, cookies, a session and a user.

    Its `session` is the HTTP session, whose key the connecting message carries in a cookie.
    Until a login, which gives it a new key, it is the channel session of the connection too.

    Arguments:
        alias: of the layer.
        ordered: numbers the messages from 0, as an interface server does.

    Attributes:
        order: the number of the next message.
    """

    def __init__(self, alias: str = DEFAULT_CHANNEL_LAYER, ordered: bool = False) -> None:
        super().__init__(alias)
        self.order = 0
        self._ordered = ordered
        self._headers: dict[str, Any] = {}
        self._cookies: dict[str, str] = {}
        self._session: Any = None
        self._connecting = True

    def set_cookie(self, key: str, value: str) -> None:
        """Sends a cookie with every message from now on."""
        self._cookies[key] = value

    def get_cookies(self) -> dict[str, str]:
        """Returns the cookies of the next message."""
        cookies = dict(self._cookies)
        if self._connecting and apps.is_installed("django.contrib.sessions"):
            cookies[settings.SESSION_COOKIE_NAME] = self.session.session_key
        return cookies

    def set_header(self, key: str, value: str | bytes) -> None:
        """Sends a header with every message from now on; raises ValueError for cookies."""
        if key == "cookie":
            raise ValueError("Use set_cookie method for cookie header")
        self._headers[key] = value

    @property
    def headers(self) -> dict[str, Any]:
        """The headers of the next message, by lower-case name."""
        cookies: SimpleCookie = SimpleCookie(self.get_cookies())
        return {"cookie": cookies.output(header="", sep=";").encode("ascii"), **self._headers}

    @property
    def session(self) -> Any:
        """The session of this client; raises ImproperlyConfigured without the sessions app."""
        if not apps.is_installed("django.contrib.sessions"):
            raise ImproperlyConfigured("Add django.contrib.sessions to the INSTALLED_APPS.")
        if self._session is None:
            self._session = session_for_reply_channel(self.reply_channel)
        return self._session

    def receive(self, json: bool = True) -> Any:
        """Returns the next reply, or None.

        Arguments:
            json: whether its text is JSON, to be decoded.

        Returns:
            the text, decoded if asked for; the whole content of a reply without a text.
        """
        content = super().receive()
        if not content:
            return None
        text = content.get("text", content)
        return json_module.loads(text) if json and isinstance(text, str) else text

    def send(
        self,
        to: str,
        content: Mapping[str, Any] | None = None,
        text: Any = None,
        path: str = "/",
    ) -> None:
        """Sends a message of this socket to a channel.

        Arguments:
            to: the channel's name.
            content: of the message.
            text: its text, which is encoded as JSON if it is no str.
            path: of the socket; a query string counts on `websocket.connect` only.
        """
        if to != "websocket.connect":
            path = path.partition("?")[0]
        message = self._get_content(content, text, path)
        self.channel_layer.send(to, _as_on_the_wire(message))
        self._connecting = False

    def consume(self, channel: str, fail_on_none: bool = True, check_accept: bool = True) -> Any:
        """Runs the consumer of the next message on a channel.

        Arguments:
            channel: its name.
            fail_on_none: as in Client.
            check_accept: takes the acceptance of a connecting socket off its replies.

        Raises:
            AssertionError: the socket is not accepted; and as in Client.
        """
        result = super().consume(channel, fail_on_none=fail_on_none)
        if channel == "websocket.connect" and check_accept:
            received = self.receive(json=False)
            if received != {"accept": True}:
                raise AssertionError(f"Connection rejected: {received} != {{'accept': True}}")
        return result

    # The order of the arguments is that of 1.x.
    def send_and_consume(  # type: ignore[override]
        self,
        channel: str,
        content: Mapping[str, Any] | None = None,
        text: Any = None,
        path: str = "/",
        fail_on_none: bool = True,
        check_accept: bool = True,
    ) -> Any:
        """Sends a message and runs its consumer; see `send` and `consume`."""
        self.send(channel, content, text, path)
        return self.consume(channel, fail_on_none=fail_on_none, check_accept=check_accept)

    def login(self, **credentials: Any) -> bool:
        """Logs a user in; returns whether the credentials are right and the user is active."""
        user = authenticate(**credentials)
        if user is None or not user.is_active or not apps.is_installed("django.contrib.sessions"):
            return False
        self._login(user)
        return True

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """Logs a user in without credentials.

        Arguments:
            user: of any state.
            backend: the dotted path of the authentication backend; the first one by default.
        """
        user.backend = backend or _first_with_users()
        self._login(user)

    def _login(self, user: Any) -> None:
        request: Any = HttpRequest()
        # A browser gets another key when it logs in; a channel session keeps its own.
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        request.session.update(self.session.items())
        login(request, user)
        request.session.save()
        self._session = request.session

    def _get_content(
        self, content: Mapping[str, Any] | None = None, text: Any = None, path: str = "/"
    ) -> dict[str, Any]:
        message = self._addressed(content)
        path, question_mark, query_string = path.partition("?")
        if question_mark:
            message.setdefault("query_string", query_string)
        message.setdefault("path", path)
        message.setdefault("headers", self.headers)
        if self._ordered:
            if "order" in message:
                raise ValueError('Do not use "order" manually with "ordered=True"')
            message["order"] = self.order
            self.order += 1
        if text is None:
            text = message.get("text")
        if text is not None:
            message["text"] = text if isinstance(text, str) else json_module.dumps(text)
        return message


def _as_on_the_wire(message: dict[str, Any]) -> dict[str, Any]:
    """Returns the message with headers and query string in bytes, as interface servers send it."""
    if isinstance(message["headers"], dict):
        pairs = message["headers"].items()
        message["headers"] = [[_latin1(name), _latin1(value)] for name, value in pairs]
    if "query_string" in message:
        message["query_string"] = _latin1(message["query_string"])
    return message


def _latin1(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value


def _first_with_users() -> str:
    """Returns the first backend that knows users; others only say who may not log in."""
    for path in settings.AUTHENTICATION_BACKENDS:
        if hasattr(load_backend(path), "get_user"):
            return path
    raise ImproperlyConfigured("None of the AUTHENTICATION_BACKENDS has a get_user method.")
