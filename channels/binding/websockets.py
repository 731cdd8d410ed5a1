"""Bindings between models and WebSockets (the contract, section 2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.core import serializers
from django.core.serializers.base import DeserializationError, DeserializedObject
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from channels.binding.base import Binding, InvalidInbound
from channels.generic.websockets import WebsocketMultiplexer
from channels.message import Message
from channels.sessions import enforce_ordering

ALL_FIELDS = "__all__"


class WebsocketBinding(Binding):
    """A binding whose messages are JSON texts on a stream of a multiplexed WebSocket.

    Outbound payloads are `{"action", "pk", "model", "data"}`, with the fields in `data`. Inbound
    ones are `{"action", "pk", "data"}`; whoever sends one that cannot be applied is answered with
    `{"action": "error", "model", "pk", "error"}` on the stream.

    Subclasses define `group_names`, `has_permission` and `stream`, and put `consumer` behind
    a WebsocketDemultiplexer.

    Attributes:
        strict_ordering: applies the messages of one socket in their order, one at a time.
    """

    model: Any = None
    strict_ordering: bool = False
    # Of 1.0; turning it on is an error, because it is always on.
    slight_ordering: bool = False

    # Outbound

    @classmethod
    def encode(cls, stream: str, payload: Any) -> dict[str, Any]:
        """Returns the message for the sockets."""
        return WebsocketMultiplexer.encode(stream, payload)

    def serialize(self, instance: Any, action: str) -> dict[str, Any]:
        """Returns the payload for a change."""
        return {
            "action": action,
            "pk": instance.pk,
            "data": self.serialize_data(instance),
            "model": self.model_label,
        }

    def serialize_data(self, instance: Any) -> dict[str, Any]:
        """Returns the bound fields of an instance as values for JSON."""
        options = instance._meta
        names = [field.name for field in (*options.fields, *options.many_to_many)]
        bound = [name for name in names if self._is_bound(name)]
        document = serializers.serialize("json", [instance], fields=bound)
        data: dict[str, Any] = json.loads(document)[0]["fields"]
        return data

    # Inbound

    @classmethod
    def get_handler(cls) -> Callable[..., Any]:
        """Returns the consumer with the decorators that the class asks for.

        Raises:
            ValueError: `slight_ordering` is on.
        """
        if cls.slight_ordering:
            raise ValueError("Slight ordering is always on: remove `slight_ordering = True`.")
        handler = super().get_handler()
        return enforce_ordering(handler) if cls.strict_ordering else handler

    @classmethod
    def trigger_inbound(cls, message: Message, **kwargs: Any) -> None:
        """Applies what a frame asks for; passes over sockets that come and go."""
        if message.channel.name == "websocket.receive":
            super().trigger_inbound(message, **kwargs)

    def deserialize(self, message: Message) -> tuple[str, Any, Any]:
        """Returns action, primary key and data of a demultiplexed frame."""
        try:
            body = json.loads(message["text"])
            return body["action"], body.get("pk"), body.get("data")
        except (KeyError, RecursionError, TypeError, ValueError) as error:
            raise InvalidInbound('The payload must be {"action", "pk", "data"}.') from error

    def create(self, data: Any) -> None:
        """Makes a row from those of the values that belong to bound fields.

        Never of one that is there already: `has_permission` was not asked for that.
        """
        hydrated = self._hydrate(None, self._values(data, is_new=True))
        # The class of all models stands for the tables of the model's parents too.
        hydrated.object.save(force_insert=(models.Model,))
        self._save_relations(hydrated.object, hydrated)

    def update(self, pk: Any, data: Any) -> None:
        """Changes the bound fields of a row that values are given for."""
        values = self._values(data, is_new=False)
        hydrated = self._hydrate(pk, values)
        instance = self.model.objects.get(pk=pk)
        for field in instance._meta.concrete_fields:
            if field.name in values:
                setattr(instance, field.attname, getattr(hydrated.object, field.attname))
        instance.save()
        self._save_relations(instance, hydrated)

    def refuse(self, reason: str) -> None:
        """Says in the log and on the stream that an inbound change is not made."""
        super().refuse(reason)
        multiplexer = self.kwargs.get("multiplexer")
        if multiplexer is not None:
            label = self.model_label
            multiplexer.send({"action": "error", "model": label, "pk": self.pk, "error": reason})

    def _is_bound(self, name: str) -> bool:
        if self.fields is None:
            return name not in (self.exclude or ())
        return name in self.fields or ALL_FIELDS in (self.fields, *self.fields)

    def _values(self, data: Any, is_new: bool) -> dict[str, Any]:
        """Returns the values of an inbound message that may be set.

        Keys are passed over, for the row is the one whose pk `has_permission` was asked for. A
        new row gets its key from the values only where the database does not number the rows.
        """
        if not isinstance(data, dict):
            raise InvalidInbound("The data must be an object with a value for each field.")
        options = self.model._meta
        fields = {field.name: field for field in (*options.fields, *options.many_to_many)}
        bound = [name for name in data if self._is_bound(name)]
        unknown = [name for name in bound if name not in fields]
        if unknown:
            raise InvalidInbound(f"{self.model_label} has no field {unknown[0]!r}.")
        return {
            name: data[name]
            for name in bound
            if not _is_key(fields[name]) or (is_new and _is_chosen(fields[name]))
        }

    def _hydrate(self, pk: Any, values: dict[str, Any]) -> DeserializedObject:
        """Returns an unsaved instance with the values of an inbound message."""
        row = {"pk": pk, "model": self.model_label, "fields": values}
        try:
            (hydrated,) = serializers.deserialize("python", [row])
        except DeserializationError as error:
            raise InvalidInbound(f"The data does not fit {self.model_label}: {error}") from error
        return hydrated

    @staticmethod
    def _save_relations(instance: Any, hydrated: DeserializedObject) -> None:
        for name, related in (hydrated.m2m_data or {}).items():
            getattr(instance, name).set(related)


class WebsocketBindingWithMembers(WebsocketBinding):
    """A binding that also sends attributes, properties and method results of its instances.

    Attributes:
        send_members: their names; methods are called without arguments. A dot reaches through
            an attribute, and becomes a double underscore in the data: "author.name" is sent as
            "author__name".
        encoder: turns the values into JSON.
    """

    model: Any = None
    send_members: Iterable[str] = ()
    encoder: json.JSONEncoder = DjangoJSONEncoder()

    def serialize_data(self, instance: Any) -> dict[str, Any]:
        """Returns the bound fields and the members of an instance as values for JSON."""
        members = {
            path.replace(".", "__"): self._member(instance, path) for path in self.send_members
        }
        encoded: dict[str, Any] = json.loads(self.encoder.encode(members))
        return super().serialize_data(instance) | encoded

    @staticmethod
    def _member(instance: Any, path: str) -> Any:
        value = instance
        for name in path.split("."):
            value = getattr(value, name)
        return value() if callable(value) else value


def _is_key(field: Any) -> bool:
    """Returns whether a field says which row it is in, of the model or of a parent of it."""
    return field in field.model._meta.pk_fields or _is_parent_link(field)


def _is_chosen(field: Any) -> bool:
    """Returns whether whoever makes a row says what is in this key."""
    return not (isinstance(field, models.AutoField) or _is_parent_link(field))


def _is_parent_link(field: Any) -> bool:
    return field.remote_field is not None and bool(field.remote_field.parent_link)
