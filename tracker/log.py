"""Writes the log: each change as a notification, in the transaction of the change."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from channels import Channel
from channels.layers.exceptions import ChannelFull, ChannelLayerError
from tracker.actors import name_of_actor
from tracker.models import Alert, Notification
from tracker.models.rows import Change

logger = logging.getLogger(__name__)

RELAY_CHANNEL = "tracker.relay"
ALERT_PERMISSION = "tracker.view_alert"


def record(notifications: Iterable[Notification], using: str) -> None:
    """Add notifications to the log, and wake the relay once they are committed.

    Arguments:
        notifications: unsaved, in the order in which pages shall get them.
        using: alias of the database whose transaction this is.
    """
    rows = list(notifications)
    if rows:
        actor = name_of_actor()
        for row in rows:
            row.actor = actor
        Notification.objects.using(using).bulk_create(rows, batch_size=500)
        transaction.on_commit(wake_relay, using)


def wake_relay() -> None:
    """Ask a worker to publish what is committed.

    Nothing is lost when this fails: the workers' clock wakes the relay as well.
    """
    try:
        Channel(RELAY_CHANNEL).send({}, immediately=True)
    except ChannelFull:
        pass  # Then there are more than enough that wait to wake it.
    except ChannelLayerError as error:
        logger.warning("The relay was not woken and publishes later: %s", error)


def saved(change: Change) -> Notification:
    """The notification of a row that was added or changed."""
    row, before = change.after, change.before
    # Those who could not see it before its review hear of a new one.
    is_new = before is None or before.view_permission != row.view_permission
    return Notification(
        kind="post_save",
        subject=subject_of(row),
        payload={"type": "post_save", "created": is_new, "feature": row.geojson_feature},
        permission=row.view_permission,
        before=before and before.geojson_feature,
    )


def deleted(row: Any) -> Notification:
    """The notification of a row that is gone."""
    feature = row.geojson_feature
    return Notification(
        kind="post_delete",
        subject=subject_of(row),
        payload={"type": "post_delete", "feature": feature},
        permission=row.view_permission,
        before=feature,
    )


def alert_raised(incident: Any, alerts: list[Alert]) -> Notification:
    """The notification of the alerts that one incident has raised, with their areas."""
    return Notification(
        kind="alert",
        subject=subject_of(incident),
        payload={
            "type": "alert",
            "feature": incident.geojson_feature,
            "areas_of_interest": [_summary(alert.area.geojson_feature) for alert in alerts],
            "alerts": [alert.as_json() for alert in alerts],
        },
        permission=ALERT_PERMISSION,
    )


def alert_saved(alert: Alert) -> Notification:
    """The notification of an alert that somebody or something has changed."""
    return Notification(
        kind="alert_save",
        subject=subject_of(alert),
        payload={"type": "alert_save", "alert": alert.as_json()},
        permission=ALERT_PERMISSION,
    )


def subject_of(row: models.Model) -> str:
    return f"{type(row).__name__}:{row.pk}"


def _summary(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature["properties"]
    return {"id": feature["id"], **{key: properties[key] for key in ("name", "severity", "url")}}
