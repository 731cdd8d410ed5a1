"""Which pages may open a WebSocket (the contract, section 2).

Browsers send cookies with a WebSocket handshake whatever page asks for it, so a socket that
trusts them must look at the Origin header (RFC 6455, section 10.2).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http.request import validate_host

from channels.exceptions import DenyConnection
from channels.message import Message

logger = logging.getLogger("django.channels")

# What Django itself allows while DEBUG is on and ALLOWED_HOSTS is empty.
DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


class BaseOriginValidator:
    """Decorates a consumer of `websocket.connect`: refuses sockets by their Origin header.

    Subclasses define `validate_origin`.

    Arguments:
        func: the consumer.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        update_wrapper(self, func)
        self.func = func
        if iscoroutinefunction(func):
            markcoroutinefunction(self)

    def __call__(self, message: Message, *args: Any, **kwargs: Any) -> Any:
        """Calls the consumer; raises DenyConnection if the origin is not valid."""
        origin = self.get_origin(message)
        if not self.validate_origin(message, origin):
            logger.warning("Refused a socket on %s to a page of %s", message.get("path"), origin)
            raise DenyConnection
        return self.func(message, *args, **kwargs)

    def get_header(self, message: Message, name: bytes) -> list[bytes]:
        """Returns the values of the first header with this name; raises KeyError without one."""
        for header in message.content.get("headers", ()):
            if header and header[0] == name:
                return list(header[1:])
        raise KeyError(f"No header named {name!r}.")

    def get_origin(self, message: Message) -> str:
        """Returns the Origin header; raises DenyConnection where it is missing or not ASCII."""
        try:
            return self.get_header(message, b"origin")[0].decode("ascii")
        except (KeyError, IndexError, UnicodeDecodeError) as error:
            logger.warning(
                "Refused a socket on %s: no usable Origin header (%s)", message.get("path"), error
            )
            raise DenyConnection from error

    def validate_origin(self, message: Message, origin: str) -> bool:
        """Returns whether a page of this origin may open the socket.

        Arguments:
            message: the `websocket.connect` message.
            origin: scheme, host and port of the page, such as "https://example.com".
        """
        raise NotImplementedError(f"{type(self).__name__} must define validate_origin().")


class AllowedHostsOnlyOriginValidator(BaseOriginValidator):
    """Accepts sockets that pages of ALLOWED_HOSTS open."""

    def validate_origin(self, message: Message, origin: str) -> bool:
        allowed_hosts = settings.ALLOWED_HOSTS
        if settings.DEBUG and not allowed_hosts:
            allowed_hosts = DEBUG_HOSTS
        host = _host_of(origin)
        return host is not None and validate_host(host, allowed_hosts)


def _host_of(origin: str) -> str | None:
    """Returns the host of an origin as ALLOWED_HOSTS writes it, or None."""
    try:
        host = urlsplit(origin).hostname
    except ValueError:
        return None
    return f"[{host}]" if host and ":" in host else host


allowed_hosts_only = AllowedHostsOnlyOriginValidator
