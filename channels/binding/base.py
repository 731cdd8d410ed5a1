"""Bindings between models and channels, whatever the protocol (the contract, section 2)."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from channels.auth import channel_session_user
from channels.channel import Group
from channels.message import Message
from channels.sessions import channel_session

logger = logging.getLogger(__name__)

CREATE = "create"
UPDATE = "update"
DELETE = "delete"

# What models, fields and databases raise for values that they do not take.
VALUE_ERRORS = (DataError, OverflowError, RecursionError, TypeError, ValidationError, ValueError)


class InvalidInbound(ValueError):
    """An inbound message asks for what cannot be done. Its sender is told the text."""


class BindingMetaclass(type):
    """Connects every binding to its model once Django has loaded the models.

    A metaclass, as in 1.x, because code of that time derives others from it.

    Attributes:
        binding_classes: every binding there is, in the order they were written.
        register_immediately: whether the models are loaded.
    """

    binding_classes: list[Any] = []
    register_immediately = False

    def __init__(cls: Any, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
        super().__init__(name, bases, body)
        if BindingMetaclass.register_immediately:
            cls.register()
        BindingMetaclass.binding_classes.append(cls)

    @classmethod
    def register_all(mcs) -> None:
        """Connects every binding to its model; called when the models are loaded.

        Raises:
            ValueError: a binding is not complete.
        """
        for binding in BindingMetaclass.binding_classes:
            binding.register()
        BindingMetaclass.register_immediately = True


class Binding(metaclass=BindingMetaclass):
    """Sends a model's changes to groups, and applies changes that messages ask for.

    Writing a subclass with a `model` is enough to have its changes sent. A group gets what the
    change means to it: an instance that an update brings into the group is created there, one
    that it takes out is deleted. Messages leave when the transaction is committed.

    Outbound needs `group_names`, `serialize` and `encode`; inbound needs `deserialize`,
    `has_permission`, `create` and `update`, and the class's `consumer` in the routing.

    Attributes:
        model: the class or its "app.Model"; None, written in the subclass, makes it abstract.
        fields: the names of the fields that are sent and may be changed, `["__all__"]` for all; or
        exclude: the names of the fields that are not.
        stream: the name under which clients know the binding.
        channel_session_user: whether `has_permission` learns the user of the channel session.
        channel_session: whether inbound messages have a channel session, without a user.
        instance: the one that changed, while serializing.
        signal_kwargs: while serializing, what the model's signal said besides the instance.
    """

    model: Any = None
    model_label: str
    fields: Iterable[str] | None = None
    exclude: Iterable[str] | None = None
    stream: str | None = None
    channel_session_user: bool = True
    channel_session: bool = False
    instance: Any = None
    signal_kwargs: dict[str, Any] | None = None

    # Set for the time of one inbound message.
    message: Message
    kwargs: dict[str, Any]
    user: Any
    action: Any = None
    pk: Any = None
    data: Any = None

    @classmethod
    def register(cls) -> None:
        """Connects the class to the signals of its model.

        Raises:
            ValueError: `model` is missing, or both `fields` and `exclude` are.
        """
        for model in cls.get_registered_models():
            pre_save.connect(cls.pre_save_receiver, sender=model)
            post_save.connect(cls.post_save_receiver, sender=model)
            pre_delete.connect(cls.pre_delete_receiver, sender=model)
            post_delete.connect(cls.post_delete_receiver, sender=model)

    @classmethod
    def get_registered_models(cls) -> list[type[models.Model]]:
        """Returns the models whose changes are sent: one, or none for an abstract class."""
        if cls.model is None:
            if "model" in cls.__dict__:
                return []
            raise ValueError(f"You must set the model attribute on Binding {cls!r}!")
        if cls.fields is None and cls.exclude is None:
            raise ValueError(f"You must set the fields or exclude attribute on Binding {cls!r}!")
        if isinstance(cls.model, str):
            cls.model = apps.get_model(cls.model)
        cls.model_label = cls.model._meta.label_lower
        return [cls.model]

    # Outbound

    @classmethod
    def group_names(cls, instance: Any) -> Iterable[str]:
        """Returns the names of the groups that see the instance as it is."""
        raise NotImplementedError(f"{cls.__name__} must define group_names(instance).")

    def serialize(self, instance: Any, action: str) -> Any:
        """Returns what to send about a change; an empty dict sends nothing.

        Arguments:
            instance: the changed one.
            action: "create", "update" or "delete", as the groups addressed see it.
        """
        raise NotImplementedError(f"{type(self).__name__} must define serialize().")

    @classmethod
    def encode(cls, stream: str, payload: Any) -> dict[str, Any]:
        """Returns the message that carries a serialized change on a stream."""
        raise NotImplementedError(f"{cls.__name__} must define encode(stream, payload).")

    @classmethod
    def pre_save_receiver(cls, instance: Any, **kwargs: Any) -> None:
        """Receives `pre_save`."""
        action = CREATE if instance._state.adding else UPDATE
        cls.pre_change_receiver(instance, action)

    @classmethod
    def post_save_receiver(cls, instance: Any, created: bool, **kwargs: Any) -> None:
        """Receives `post_save`."""
        cls.post_change_receiver(instance, CREATE if created else UPDATE, **kwargs)

    @classmethod
    def pre_delete_receiver(cls, instance: Any, **kwargs: Any) -> None:
        """Receives `pre_delete`."""
        cls.pre_change_receiver(instance, DELETE)

    @classmethod
    def post_delete_receiver(cls, instance: Any, **kwargs: Any) -> None:
        """Receives `post_delete`."""
        cls.post_change_receiver(instance, DELETE, **kwargs)

    @classmethod
    def pre_change_receiver(cls, instance: Any, action: str) -> None:
        """Notes on the instance which groups see it before the change."""
        if not hasattr(instance, "_binding_group_names"):
            instance._binding_group_names = {}
        instance._binding_group_names[cls] = cls._groups_before(instance, action)

    @classmethod
    def post_change_receiver(cls, instance: Any, action: str, **kwargs: Any) -> None:
        """Tells the groups that see the instance, or saw it before the change."""
        if action != DELETE:
            instance = _without_expressions(instance)
        old = instance._binding_group_names[cls]
        new = set() if action == DELETE else set(cls.group_names(instance))
        self = cls()
        self.instance = instance
        # A client that is in several of the groups ends up with the instance it may see.
        self.send_messages(instance, old - new, DELETE, **kwargs)
        self.send_messages(instance, old & new, UPDATE, **kwargs)
        self.send_messages(instance, new - old, CREATE, **kwargs)

    def send_messages(
        self, instance: Any, group_names: set[str], action: str, **kwargs: Any
    ) -> None:
        """Sends one change to some groups, when and if its transaction is committed."""
        if not group_names:
            return
        self.signal_kwargs = kwargs
        payload = self.serialize(instance, action)
        if payload == {}:
            return
        if self.stream is None:
            raise ValueError(f"You must set the stream attribute on Binding {type(self)!r}!")
        message = self.encode(self.stream, payload)

        def publish() -> None:
            for name in sorted(group_names):
                Group(name).send(message)

        # The change is saved by then: an error in sending is logged, not raised into the saver.
        transaction.on_commit(publish, using=kwargs.get("using"), robust=True)

    @classmethod
    def _groups_before(cls, instance: Any, action: str) -> set[str]:
        if action == CREATE:
            return set()
        if action == UPDATE:
            # The instance holds the new values already; only the database knows the old ones.
            rows = cls.model._base_manager.using(instance._state.db)
            instance = rows.filter(pk=instance.pk).first()
        return set(cls.group_names(instance)) if instance else set()

    # Inbound

    @classmethod
    def consumer(cls, message: Message, **kwargs: Any) -> None:
        """Consumes messages that ask for changes."""
        cls.get_handler()(message, **kwargs)

    @classmethod
    def get_handler(cls) -> Callable[..., Any]:
        """Returns `trigger_inbound` with the decorators that the class asks for."""
        if cls.channel_session_user:
            return channel_session_user(cls.trigger_inbound)
        if cls.channel_session:
            return channel_session(cls.trigger_inbound)
        return cls.trigger_inbound

    @classmethod
    def trigger_inbound(cls, message: Message, **kwargs: Any) -> None:
        """Applies what the message asks for, if its user may; tells the sender if it cannot.

        Raises:
            InvalidInbound: the message makes no sense, or its data does not fit the model.
            ObjectDoesNotExist: the row is gone.
            IntegrityError: the data conflicts with other rows.
            DataError, OverflowError, RecursionError, TypeError, ValidationError, ValueError:
                the pk or a value is none that the model or its database takes.
        """
        # Imported here because models cannot be imported before they are loaded.
        from django.contrib.auth.models import AnonymousUser

        self = cls()
        self.message = message
        self.kwargs = kwargs
        self.user = getattr(message, "user", AnonymousUser())
        try:
            self.action, self.pk, self.data = self.deserialize(message)
            self.run_action(self.action, self.pk, self.data)
        except InvalidInbound as error:
            self.refuse(str(error))
            raise
        except ObjectDoesNotExist:
            self.refuse("It does not exist.")
            raise
        except IntegrityError:
            self.refuse("It conflicts with other data.")
            raise
        except VALUE_ERRORS:
            self.refuse("Its pk or a value does not fit.")
            raise

    def deserialize(self, message: Message) -> tuple[str, Any, Any]:
        """Returns the action, the primary key (None to create) and the data (None to delete)."""
        raise NotImplementedError(f"{type(self).__name__} must define deserialize(message).")

    def has_permission(self, user: Any, action: str, pk: Any) -> bool:
        """Returns whether the user may do this.

        Arguments:
            user: of the channel session; an AnonymousUser if there is none.
            action: "create", "update" or "delete".
            pk: of the row; None to create one.
        """
        raise NotImplementedError(f"{type(self).__name__} must define has_permission().")

    def run_action(self, action: str, pk: Any, data: Any) -> None:
        """Applies an inbound change if its user has the permission."""
        if not self.has_permission(self.user, action, pk):
            self.refuse("You do not have the permission.")
        elif action == CREATE:
            self.create(data)
        elif action == UPDATE:
            self.update(pk, data)
        elif action == DELETE:
            self.delete(pk)
        else:
            raise InvalidInbound(f"Bad action {action!r}: use create, update or delete.")

    def refuse(self, reason: str) -> None:
        """The inbound change is not made: says so in the log. Protocols also tell the sender."""
        logger.warning("Refused to %s %s %s: %s", self.action, self.model_label, self.pk, reason)

    def create(self, data: Any) -> None:
        """Makes an instance of the model from the data."""
        raise NotImplementedError(f"{type(self).__name__} must define create(data).")

    def update(self, pk: Any, data: Any) -> None:
        """Changes a row to the data."""
        raise NotImplementedError(f"{type(self).__name__} must define update(pk, data).")

    def delete(self, pk: Any) -> None:
        """Deletes a row."""
        deleted, _ = self.model.objects.filter(pk=pk).delete()
        if not deleted:
            self.refuse("It does not exist.")


def _without_expressions(instance: Any) -> Any:
    """Returns an instance with what came of expressions in its fields, such as F("count") + 1.

    The one given keeps them: whoever saved others of its fields may save these later.
    """
    values = vars(instance)
    names = [
        field.name
        for field in instance._meta.concrete_fields
        if hasattr(values.get(field.attname), "resolve_expression")
    ]
    if names:
        instance = copy.copy(instance)
        instance.refresh_from_db(fields=names)
    return instance
