"""What the browsers are told: every saved or deleted row, and alerts for areas of interest.

Notifications leave after the commit; a change that is rolled back notifies nobody.
"""

import logging
from functools import partial
from json import dumps
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from channels import Group
from channels.layers.exceptions import ChannelLayerError
from tracker.models import AreaOfInterest, Incident

logger = logging.getLogger(__name__)

GROUP = "notifications"


def send_notification(notification: dict[str, Any], using: str | None = None) -> None:
    """Send a notification to every open page once the transaction is committed.

    Arguments:
        notification: what the pages get, as JSON text.
        using: alias of the database whose transaction this is.
    """
    # Encoded now: what is committed is what the rows hold at this moment.
    transaction.on_commit(partial(_publish, notification["type"], dumps(notification)), using)


@receiver(post_save, sender=Incident)
def incident_post_save(
    instance: Incident, created: bool, raw: bool, using: str, **_signal: Any
) -> None:
    _send_saved(instance, created, using)
    # Fixtures are loaded in any order, so the areas may not be there yet.
    if not instance.closed and not raw:
        _send_alert(instance, using)


@receiver(post_save, sender=AreaOfInterest)
def area_of_interest_post_save(
    instance: AreaOfInterest, created: bool, using: str, **_signal: Any
) -> None:
    _send_saved(instance, created, using)


@receiver(post_delete, sender=Incident)
@receiver(post_delete, sender=AreaOfInterest)
def row_post_delete(instance: Incident | AreaOfInterest, using: str, **_signal: Any) -> None:
    send_notification({"type": "post_delete", "feature": instance.geojson_feature}, using)


def _send_saved(instance: Incident | AreaOfInterest, created: bool, using: str) -> None:
    send_notification(
        {"type": "post_save", "created": created, "feature": instance.geojson_feature}, using
    )


def _send_alert(incident: Incident, using: str) -> None:
    areas = [
        {
            "id": feature["id"],
            "name": feature["properties"]["name"],
            "severity": feature["properties"]["severity"],
            "url": feature["properties"]["url"],
        }
        for feature in (
            area.geojson_feature
            for area in AreaOfInterest.objects.using(using).alerted_by(incident)
        )
    ]
    if areas:
        send_notification(
            {"type": "alert", "feature": incident.geojson_feature, "areas_of_interest": areas},
            using,
        )


def _publish(kind: str, text: str) -> None:
    """The change is committed: that nobody hears of it must not fail whoever made it."""
    try:
        Group(GROUP).send({"text": text})
    except ChannelLayerError as error:
        logger.error("A %s notification was not sent: %s", kind, error)
    else:
        logger.info("Notification: %s, %d bytes", kind, len(text))
