"""Publishes the log: committed notifications, in order, to every open page.

Any number of workers may run this at any time; whoever holds the lock of the log's head works.
There are two steps, each a transaction: rows get their sequence, then rows with a sequence are
sent and marked. So a row keeps its sequence whatever happens, and a relay that dies between the
steps, or a Redis that is away, leaves rows which the next relay sends.
"""

import json
import logging

from django.db import transaction
from django.utils import timezone

from channels import Group
from tracker.audiences import GROUPS
from tracker.models import LogHead, Notification

logger = logging.getLogger(__name__)

BATCH = 100


def publish() -> None:
    """Publish everything that is committed.

    Raises:
        LayerUnavailable: Redis is away; what is left waits for the next call.
    """
    # Looked at again after each batch, without the lock: a row whose own relay found us holding
    # it was committed before that, so it is seen here.
    while Notification.objects.unpublished().exists():
        LogHead.current()
        if not (_number() and _send()):
            return


def _number() -> bool:
    """Give the next rows their sequences; False while another relay is at work."""
    with transaction.atomic():
        head = LogHead.claim()
        if head is None:
            return False
        rows = list(Notification.objects.filter(sequence=None).order_by("pk")[:BATCH])
        for row in rows:
            head.sequence += 1
            row.sequence = head.sequence
        Notification.objects.bulk_update(rows, ["sequence"])
        head.save(update_fields=["sequence"])
    return True


def _send() -> bool:
    """Send the next rows that have a sequence; False while another relay is at work."""
    with transaction.atomic():
        head = LogHead.claim()
        if head is None:
            return False
        waiting = Notification.objects.unpublished().exclude(sequence=None)
        rows = list(waiting.order_by("sequence")[:BATCH])
        for row in rows:
            broadcast(row, head.epoch)
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(
            published=timezone.now()
        )
    return True


def broadcast(row: Notification, epoch: str) -> None:
    """Send one notification to every page, as each may see it."""
    for group, permissions in GROUPS.items():
        text = json.dumps(row.frame(epoch, permissions))
        # Not when the consumer returns: then the lock would be gone, and with it the order.
        Group(group).send({"text": text}, immediately=True)
    logger.info("Notification %s", row)
