"""Takes in reports: once each, from everybody, but not too many from one."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from tracker.models import Incident, Receipt

WINDOW = timedelta(hours=1)
# Receipts are kept this long: a draft that waits longer for a network is a new report.
KEPT = timedelta(days=7)


class ReportRefused(Exception):
    """A report cannot be taken in.

    Attributes:
        status: of HTTP.
        code: what is wrong, for programs.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Report(NamedTuple):
    """A report on its way in.

    Attributes:
        incident: unsaved.
        key: names the report, empty if its sender cannot repeat it.
        sender: who may only send so many: an address, a network, or a user.
    """

    incident: Incident
    key: str
    sender: str


def take_in(report: Report, limit: int | None = None) -> Incident | None:
    """Save the incident of a report, unless it was saved before.

    Arguments:
        limit: how many reports of one sender are taken in an hour; None for any number.

    Returns:
        the incident; None if the same report was taken in before and its incident deleted since.

    Raises:
        ReportRefused: 422 if the key belongs to another report, 429 if there are too many.
    """
    content = _content(report.incident)
    key = report.key or str(uuid.uuid4())
    try:
        with transaction.atomic():
            if receipt := Receipt.objects.filter(key=key).first():
                return _known(receipt, content)
            sender = salted_hmac("tracker.reports", report.sender).hexdigest()
            _check_limit(sender, limit)
            report.incident.save()
            Receipt.objects.create(
                key=key, content=content, sender=sender, incident=report.incident
            )
            Receipt.objects.filter(created__lt=timezone.now() - KEPT).delete()
    except IntegrityError:
        # The same report at the same moment, on another connection.
        if receipt := Receipt.objects.filter(key=key).first():
            return _known(receipt, content)
        raise
    return report.incident


def awaits_review() -> bool:
    """Whether reports of the public are reviewed before they are shown."""
    return settings.TRACKER_REVIEW_REPORTS


def _known(receipt: Receipt, content: str) -> Incident | None:
    if receipt.content != content:
        raise ReportRefused(
            422,
            "idempotency_mismatch",
            _("This key belongs to another report: give a new report a new key."),
        )
    return receipt.incident


def _check_limit(sender: str, limit: int | None) -> None:
    since = timezone.now() - WINDOW
    if (
        limit is not None
        and Receipt.objects.filter(sender=sender, created__gt=since).count() >= limit
    ):
        raise ReportRefused(
            429,
            "throttled",
            _("You have sent %(limit)s reports within an hour. Wait a little, or call.")
            % {"limit": limit},
        )


def _content(incident: Incident) -> str:
    fields: dict[str, Any] = {
        name: getattr(incident, name) for name in ("name", "description", "severity", "closed")
    }
    text = json.dumps([fields, incident.location.wkt], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
