"""What one user has read and does not want to hear, on all of their pages."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from tracker import sockets
from tracker.models import Alert, Inbox, Silence


def greeting(user: Any) -> dict[str, Any]:
    """What a page needs to know of its user."""
    return {
        "inbox": Inbox.of(user).as_json(),
        "silences": silences_of(user),
        "user": {
            "id": user.pk,
            "username": user.get_username(),
            "permissions": permission_names(user),
        },
    }


def permission_names(user: Any) -> list[str]:
    """The user's permissions in the tracker, such as `change_alert`."""
    return sorted(
        name.removeprefix("tracker.")
        for name in user.get_all_permissions()
        if name.startswith("tracker.")
    )


def silences_of(user: Any) -> list[dict[str, Any]]:
    silences = Silence.objects.filter(user=user).select_related("area")
    return [silence.as_json() for silence in silences]


def read(user: Any, through: int | None = None) -> dict[str, int]:
    """Note that a user has read the alerts up to one, or all; tell their other pages.

    Reading never goes back: a page that was asleep does not make read alerts unread.
    """
    latest = Alert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with transaction.atomic():
        # Locks the user, so that two pages do not undo each other.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        inbox = Inbox.of(user)
        inbox.seen = max(inbox.seen, min(latest, latest if through is None else through))
        inbox.save()
    state = inbox.as_json()
    sockets.tell(sockets.user_group(user.pk), {"type": "inbox", **state})
    return state


def tell_silences(user: Any) -> None:
    """Tell the user's pages what they do not want to hear, and what is unread for that."""
    group = sockets.user_group(user.pk)
    sockets.tell(group, {"type": "silences", "silences": silences_of(user)})
    sockets.tell(group, {"type": "inbox", **Inbox.of(user).as_json()})
