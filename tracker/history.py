"""What was done to one row, for people."""

from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from tracker.models import Notification, Severity

LIMIT = 100


class Entry(NamedTuple):
    """One change.

    Attributes:
        kind: "created", "changed" or "deleted".
        changes: label, value before and value after of what is different.
    """

    at: datetime
    actor: str
    kind: str
    changes: list[tuple[str, Any, Any]]


def of(row: Any) -> list[Entry]:
    """The history of an incident or an area, the newest first."""
    rows = Notification.objects.about(row).exclude(kind="alert")[:LIMIT]
    return [_entry(notification) for notification in rows]


def _entry(notification: Notification) -> Entry:
    before, after = notification.before, notification.after
    kind = "changed" if before and after else ("created" if after else "deleted")
    changes = differences(before, after) if kind == "changed" else []
    return Entry(notification.created, notification.actor, kind, changes)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """Label, old and new value of what is different between two features."""
    labels = {
        "name": _("Name"),
        "description": _("Description"),
        "severity": _("Severity"),
        "closed": _("Closed"),
        "pending": _("Awaits review"),
        "geometry": _("Place"),
    }
    old, new = _as_read(before), _as_read(after)
    return [
        (label, old.get(name), new[name])
        for name, label in labels.items()
        if name in new and old.get(name) != new[name]
    ]


def _as_read(feature: dict[str, Any]) -> dict[str, Any]:
    """What a feature says, in the words of its page."""
    properties, place = feature["properties"], feature["geometry"]["coordinates"]
    flags = {name: value for name, value in properties.items() if isinstance(value, bool)}
    if feature["geometry"]["type"] == "Point":
        longitude, latitude = place
        place = f"{latitude}, {longitude}"
    return {
        **properties,
        **{name: _("Yes") if value else _("No") for name, value in flags.items()},
        "severity": str(Severity(properties["severity_code"]).label),
        "geometry": place,
    }
