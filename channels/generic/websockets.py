"""Class-based consumers for WebSockets (the contract, section 2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from channels.auth import channel_and_http_session_user_from_http, channel_session_user_from_http
from channels.channel import Channel, Group
from channels.exceptions import SendNotAvailableOnDemultiplexer
from channels.generic.base import BaseConsumer
from channels.message import Message
from channels.sessions import enforce_ordering


class WebsocketConsumer(BaseConsumer):
    """A consumer of the three messages of a WebSocket: override what you need.

    Attributes:
        http_user: takes the user of the HTTP session over when the socket connects, so that
            `message.user` is there in every method.
        http_user_and_session: the same, and `message.http_session` besides.
        strict_ordering: handles the messages of one socket in their order, one at a time.
        groups: the groups that every socket is in while it is connected.
        path: of the socket, as the route saw it.
    """

    method_mapping = {
        "websocket.connect": "raw_connect",
        "websocket.receive": "raw_receive",
        "websocket.disconnect": "raw_disconnect",
    }

    http_user: bool = False
    http_user_and_session: bool = False
    strict_ordering: bool = False
    # Of 1.0; turning it on is an error, because it is always on.
    slight_ordering: bool = False
    groups: Iterable[str] | None = None

    path: str

    def get_handler(self, message: Message, **kwargs: Any) -> Callable[..., Any]:
        """Returns the method for the message, decorated; sets `path`.

        Raises:
            ValueError: `slight_ordering` is on.
        """
        self.path = message["path"]
        if self.http_user or self.http_user_and_session:
            self.channel_session_user = True
        handler = super().get_handler(message, **kwargs)
        if self.http_user_and_session:
            handler = channel_and_http_session_user_from_http(handler)
        elif self.http_user:
            handler = channel_session_user_from_http(handler)
        if self.slight_ordering:
            raise ValueError("Slight ordering is always on: remove `slight_ordering = True`.")
        return enforce_ordering(handler) if self.strict_ordering else handler

    def connection_groups(self, **kwargs: Any) -> Iterable[str]:
        """Returns the names of the groups that this socket is in while it is connected.

        Arguments:
            kwargs: the named groups of the route's filters.
        """
        return self.groups or ()

    def raw_connect(self, message: Message, **kwargs: Any) -> None:
        """Adds the socket to its groups and calls `connect`."""
        for group in self._joined_groups(message, **kwargs):
            group.add(message["reply_channel"])
        self.connect(message, **kwargs)

    def connect(self, message: Message, **kwargs: Any) -> None:
        """A socket wants to connect. Accepts it, unless overridden."""
        self._reply({"accept": True})

    def raw_receive(self, message: Message, **kwargs: Any) -> None:
        """Calls `receive` with the frame's text or bytes."""
        if message.get("text") is not None:
            self.receive(text=message["text"], **kwargs)
        else:
            self.receive(bytes=message["bytes"], **kwargs)

    def receive(self, text: str | None = None, bytes: bytes | None = None, **kwargs: Any) -> None:
        """A frame came in: either `text` or `bytes` is given."""

    def send(
        self, text: str | None = None, bytes: bytes | None = None, close: bool | int = False
    ) -> None:
        """Sends a frame to this socket.

        Arguments:
            text: the frame's text, or
            bytes: the frame's bytes.
            close: closes the socket behind the frame; True means code 1000.

        Raises:
            ValueError: neither text nor bytes is given, or both are.
            SendNotAvailableOnDemultiplexer: the consumer is one of several on its socket.
        """
        if "multiplexer" in self.kwargs:
            raise SendNotAvailableOnDemultiplexer(
                f"{type(self).__name__} shares its socket: send with the `multiplexer` argument"
                " of its methods, which names the stream."
            )
        self._reply(_frame(text, bytes, close))

    @classmethod
    def group_send(
        cls,
        name: str,
        text: str | None = None,
        bytes: bytes | None = None,
        close: bool | int = False,
    ) -> None:
        """Sends a frame to every socket of a group; the other arguments are those of `send`."""
        Group(name).send(_frame(text, bytes, close))

    def close(self, status: bool | int = True) -> None:
        """Closes this socket with a status code; True means 1000."""
        self._reply({"close": status})

    def raw_disconnect(self, message: Message, **kwargs: Any) -> None:
        """Takes the socket out of its groups and calls `disconnect`."""
        for group in self._joined_groups(message, **kwargs):
            group.discard(message["reply_channel"])
        self.disconnect(message, **kwargs)

    def disconnect(self, message: Message, **kwargs: Any) -> None:
        """The socket is gone."""

    def _joined_groups(self, message: Message, **kwargs: Any) -> list[Group]:
        names = self.connection_groups(**kwargs)
        if isinstance(names, str):
            raise TypeError(
                f"The groups of {type(self).__name__} must be a list of names, not {names!r}."
            )
        return [Group(name, channel_layer=message.channel_layer) for name in names]

    def _reply(self, content: dict[str, Any]) -> None:
        if self.message.reply_channel is None:
            raise ValueError(f"{self.message!r} has no reply_channel to answer on.")
        self.message.reply_channel.send(content)


class JsonWebsocketConsumer(WebsocketConsumer):
    """A WebSocket consumer whose frames are JSON texts.

    A frame that is none is answered with `{"error": "..."}` and raises a ValueError.
    """

    def raw_receive(self, message: Message, **kwargs: Any) -> None:
        """Calls `receive` with the decoded content of the frame."""
        text = message.get("text")
        if text is None:
            raise self._refuse_frame("No text section: frames must be JSON texts, not binary.")
        try:
            content = self.decode_json(text)
        except (RecursionError, ValueError) as error:  # the first for what is nested too deep
            raise self._refuse_frame(f"The frame is not valid JSON: {error}.") from error
        self.receive(content, **kwargs)

    def receive(self, content: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """A frame came in, decoded to `content`."""

    def send(self, content: Any, close: bool | int = False) -> None:  # type: ignore[override]
        """Sends `content` as JSON to this socket; the rest is as in WebsocketConsumer."""
        super().send(text=self.encode_json(content), close=close)

    @classmethod
    def decode_json(cls, text: str) -> Any:
        """Returns the content of a frame; a ValueError means that it is not valid."""
        return json.loads(text)

    @classmethod
    def encode_json(cls, content: Any) -> str:
        """Returns the text of a frame."""
        return json.dumps(content)

    @classmethod
    def group_send(  # type: ignore[override]
        cls, name: str, content: Any, close: bool | int = False
    ) -> None:
        """Sends `content` as JSON to every socket of a group."""
        super().group_send(name, text=cls.encode_json(content), close=close)

    def _refuse_frame(self, reason: str) -> ValueError:
        """Tells the client; returns what to raise, for the worker's log."""
        self._reply({"text": json.dumps({"error": reason})})
        return ValueError(reason)


class WebsocketMultiplexer:
    """Sends on one stream of a socket that several consumers share.

    A demultiplexer gives one to its consumers, as the argument `multiplexer`, so that they
    need not know the name of their stream.

    Arguments:
        stream: its name.
        reply_channel: of the socket.
    """

    def __init__(self, stream: str, reply_channel: Channel) -> None:
        self.stream = stream
        self.reply_channel = reply_channel

    def send(self, payload: Any) -> None:
        """Sends a payload on the stream to this socket."""
        self.reply_channel.send(self.encode(self.stream, payload))

    @classmethod
    def encode_json(cls, content: Any) -> str:
        """Returns the text of a frame; dates, decimals and UUIDs become strings."""
        return json.dumps(content, cls=DjangoJSONEncoder)

    @classmethod
    def encode(cls, stream: str, payload: Any) -> dict[str, Any]:
        """Returns the message for a socket that carries a payload on a stream."""
        return {"text": cls.encode_json({"stream": stream, "payload": payload})}

    @classmethod
    def group_send(cls, name: str, stream: str, payload: Any, close: bool | int = False) -> None:
        """Sends a payload on a stream to every socket of a group, and closes them if asked to."""
        message = cls.encode(stream, payload)
        if close:
            message["close"] = close
        Group(name).send(message)


class WebsocketDemultiplexer(JsonWebsocketConsumer):
    """Spreads the frames of one socket over several consumers.

    A frame is `{"stream": name, "payload": {...}}`; the consumer of that stream receives the
    payload as if it were the frame. Every consumer sees the socket connect and disconnect.
    Any other frame is answered with `{"error": "..."}` and raises a ValueError.

    Attributes:
        consumers: by stream name; JSON consumers, bindings or functions that take a message.
        multiplexer_class: what the consumers answer through.
    """

    consumers: Mapping[str, Callable[..., Any]] = {}
    multiplexer_class: type[WebsocketMultiplexer] = WebsocketMultiplexer

    def get_handler(self, message: Message, **kwargs: Any) -> Callable[..., Any]:
        """Returns the method for the message, decorated.

        If one consumer wants the messages of the socket in order, they all get them so: a
        single stream cannot wait, because its messages come in the frames of the socket.
        """
        if any(_wants_order(consumer) for consumer in self.consumers.values()):
            self.strict_ordering = True
        return super().get_handler(message, **kwargs)

    def connect(self, message: Message, **kwargs: Any) -> None:
        """Accepts the socket and tells all consumers."""
        super().connect(message, **kwargs)
        for stream in self.consumers:
            self._call(stream, **kwargs)

    def receive(self, content: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Hands the payload to the consumer of its stream."""
        if not isinstance(content, dict) or "stream" not in content or "payload" not in content:
            raise self._refuse_frame('The frame must be {"stream": name, "payload": {...}}.')
        stream, payload = content["stream"], content["payload"]
        if not isinstance(stream, str) or stream not in self.consumers:
            raise self._refuse_frame(
                f"Stream {stream!r} is not mapped; there are {', '.join(self.consumers)}."
            )
        if not isinstance(payload, dict):
            raise self._refuse_frame(f"The payload for stream {stream!r} must be an object.")
        frame = self.message["text"]
        self.message["text"] = self.encode_json(payload)
        try:
            self._call(stream, **kwargs)
        finally:
            # The consumer may have asked for the message later: it comes back as it was.
            self.message["text"] = frame

    def disconnect(self, message: Message, **kwargs: Any) -> None:
        """Tells all consumers, also those behind one that raises."""
        with ExitStack() as stack:
            # It calls the last one first, and raises when it has called all.
            for stream in reversed(list(self.consumers)):
                stack.callback(self._call, stream, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> None:
        """Raises: a demultiplexer has no stream of its own."""
        raise SendNotAvailableOnDemultiplexer("Send with the multiplexer of one of the streams.")

    @classmethod
    def group_send(cls, *args: Any, **kwargs: Any) -> None:
        """Raises: a demultiplexer has no stream of its own."""
        raise SendNotAvailableOnDemultiplexer("Send with WebsocketMultiplexer.group_send.")

    def _call(self, stream: str, **kwargs: Any) -> None:
        reply_channel = self.message.reply_channel
        if reply_channel is None:
            raise ValueError(f"{self.message!r} has no reply_channel to answer on.")
        multiplexer = self.multiplexer_class(stream, reply_channel)
        self.consumers[stream](self.message, **{**kwargs, "multiplexer": multiplexer})


def _wants_order(consumer: Callable[..., Any]) -> bool:
    # The consumer of a binding is a method of its class.
    return bool(getattr(getattr(consumer, "__self__", consumer), "strict_ordering", False))


def _frame(text: str | None, data: bytes | None, close: bool | int) -> dict[str, Any]:
    if (text is None) == (data is None):
        raise ValueError("You must pass text or bytes, and not both.")
    message: dict[str, Any] = {"bytes": data} if text is None else {"text": text}
    if close:
        message["close"] = close
    return message
