"""Bindings that last no longer than a test."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from channels.binding.base import BindingMetaclass

RECEIVERS = {
    pre_save: "pre_save_receiver",
    post_save: "post_save_receiver",
    pre_delete: "pre_delete_receiver",
    post_delete: "post_delete_receiver",
}


def unbind(binding: Any) -> None:
    """Forget a binding class of one model; changes of its model concern it no more."""
    for signal, name in RECEIVERS.items():
        signal.disconnect(getattr(binding, name), sender=binding.model)
    BindingMetaclass.binding_classes.remove(binding)
