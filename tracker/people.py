"""Who can take care of an alert."""

from typing import Any

from django.contrib.auth import get_user_model

PERMISSION = "tracker.change_alert"


def assignable() -> Any:
    """The active users who may change alerts, by name."""
    return (
        get_user_model()
        .objects.with_perm(PERMISSION, backend="django.contrib.auth.backends.ModelBackend")
        .order_by("username")
    )
