"""Keeps open sockets in step with accounts: who may no longer watch is cut off at once."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group as Role
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from tracker.sockets import Close, close, session_group, user_group

User = get_user_model()
# What decides on the rights of a session.
DECISIVE = ("is_active", "is_superuser", "password")


@receiver(user_logged_out)
def logged_out(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Close the sockets of the session."""
    if user is not None and request.session.session_key:
        close(session_group(request.session.session_key), Close.SIGNED_OUT)


@receiver(pre_save, sender=User)
def user_pre_save(instance: Any, update_fields: frozenset[str] | None, **_signal: Any) -> None:
    """Keep what decides on the rights, to see whether it changes."""
    is_concerned = update_fields is None or not update_fields.isdisjoint(DECISIVE)
    stored = User.objects.filter(pk=instance.pk) if instance.pk and is_concerned else None
    instance.had_rights = stored.values(*DECISIVE).first() if stored is not None else None


@receiver(post_save, sender=User)
def user_post_save(instance: Any, using: str, **_signal: Any) -> None:
    """Close the sockets of an account that was closed, or whose rights or password changed."""
    had = instance.__dict__.pop("had_rights", None)
    if had and any(had[name] != getattr(instance, name) for name in DECISIVE):
        code = Close.RIGHTS_CHANGED if instance.is_active else Close.SIGNED_OUT
        _close_users([instance.pk], code, using)


@receiver(post_delete, sender=User)
def user_post_delete(instance: Any, using: str, **_signal: Any) -> None:
    _close_users([instance.pk], Close.SIGNED_OUT, using)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
def rights_of_user_changed(
    instance: Any, action: str, reverse: bool, pk_set: set[int] | None, using: str, **_signal: Any
) -> None:
    """Close the sockets of users who were put into a role or taken out of it."""
    if action in ("post_add", "post_remove", "post_clear"):
        users = list(pk_set or ()) if reverse else [instance.pk]
        _close_users(users, Close.RIGHTS_CHANGED, using)


@receiver(pre_delete, sender=Role)
def role_pre_delete(instance: Any, using: str, **_signal: Any) -> None:
    """Close the sockets of everybody in a role that is about to be gone."""
    _close_role(instance, using)


@receiver(m2m_changed, sender=Role.permissions.through)
def rights_of_role_changed(
    instance: Any, action: str, reverse: bool, using: str, **_signal: Any
) -> None:
    """Close the sockets of everybody in a role that means something else now."""
    if action in ("post_add", "post_remove", "post_clear") and not reverse:
        _close_role(instance, using)


def _close_role(role: Any, using: str) -> None:
    users = User.objects.using(using).filter(groups=role)
    _close_users(list(users.values_list("pk", flat=True)), Close.RIGHTS_CHANGED, using)


def _close_users(pks: list[Any], code: Close, using: str) -> None:
    def act() -> None:
        for pk in pks:
            close(user_group(pk), code)

    transaction.on_commit(act, using)
