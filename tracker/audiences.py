"""Who may see which notifications, and the groups that their sockets are in."""

from collections.abc import Collection
from typing import Any

WATCH = frozenset({"tracker.view_incident", "tracker.view_areaofinterest", "tracker.view_alert"})
REVIEW = WATCH | {"tracker.review_incident"}

# Each open page is in one of these groups, whose members all have the same permissions.
GROUPS: dict[str, frozenset[str]] = {"notifications": WATCH, "notifications.review": REVIEW}


def permissions_of(user: Any) -> frozenset[str]:
    """Those permissions of the user that decide on notifications."""
    return frozenset(permission for permission in REVIEW if user.has_perm(permission))


def group_of(permissions: Collection[str]) -> str | None:
    """The group with most of what these permissions allow, or None for who may not watch."""
    allowed = [name for name, needed in GROUPS.items() if needed <= set(permissions)]
    return max(allowed, key=lambda name: len(GROUPS[name]), default=None)
