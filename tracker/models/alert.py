"""Alerts: an incident lies in a watched area, from the moment it does until it does no more."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tracker.models.area import AreaOfInterest
from tracker.models.incident import Incident
from tracker.models.severity import Severity


class AlertQuerySet(models.QuerySet["Alert"]):
    def active(self) -> "AlertQuerySet":
        return self.filter(resolved=None)

    def in_state(self, state: str) -> "AlertQuerySet":
        """Those in one of Alert.State, or `active` for all that are not resolved."""
        if state == Alert.State.RESOLVED:
            return self.filter(resolved__isnull=False)
        active = self.active()
        if state == "active":
            return active
        return active.filter(acknowledged__isnull=state == Alert.State.OPEN)

    def with_people(self) -> "AlertQuerySet":
        """With everything that `as_json` needs."""
        return self.select_related("acknowledged_by", "assigned_to").annotate(
            comment_count=models.Count("comments")
        )


class Alert(models.Model):
    """One episode of one incident in one area.

    Attributes:
        incident_name, area_name: for when the rows are gone.
        severity: of the incident, followed while the alert is active.
        why: what the rule saw when it raised the alert.
        burst: id of the first of the alerts of this area that came in quick succession.
        burst_size: how many they were when this one was raised.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        RESOLVED = "resolved", _("Resolved")

    class Reason(models.TextChoices):
        REPORTED = "reported", _("The incident was reported in the area.")
        MOVED = "moved", _("The incident moved into the area.")
        ESCALATED = "escalated", _("The incident became as bad as the area watches for.")
        REOPENED = "reopened", _("The incident was reopened.")
        AREA_DRAWN = "area_drawn", _("The area was drawn over the incident.")
        AREA_WIDENED = "area_widened", _("The area was widened over the incident.")
        AREA_LOWERED = "area_lowered", _("The area began to watch for this severity.")

    class Resolution(models.TextChoices):
        CLOSED = "closed", _("The incident was closed.")
        LEFT = "left", _("The incident left the area.")
        EASED = "eased", _("The incident is no longer as bad as the area watches for.")
        DELETED = "deleted", _("The incident was deleted.")
        AREA_CHANGED = "area_changed", _("The area no longer covers or watches for the incident.")
        AREA_DELETED = "area_deleted", _("The area was deleted.")

    incident = models.ForeignKey(
        Incident, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    area = models.ForeignKey(
        AreaOfInterest, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    incident_name = models.CharField(_("incident"), max_length=150)
    area_name = models.CharField(_("area"), max_length=150)
    severity = models.CharField(_("severity"), max_length=2, choices=Severity)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    why = models.JSONField(_("why"))
    raised = models.DateTimeField(_("raised"), default=timezone.now)
    acknowledged = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    resolved = models.DateTimeField(_("resolved"), null=True)
    resolution = models.CharField(_("resolution"), max_length=20, choices=Resolution, blank=True)
    burst = models.PositiveBigIntegerField(_("burst"), null=True, db_index=True)
    burst_size = models.PositiveIntegerField(_("alerts in the burst"), default=1)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "area"],
                condition=models.Q(resolved=None),
                name="alert_once_an_episode",
            )
        ]
        indexes = [models.Index(fields=["area", "-id"], name="alert_of_area")]

    def __str__(self) -> str:
        return f"{self.incident_name} / {self.area_name}"

    def get_absolute_url(self) -> str:
        return reverse("alert-detail", args=[self.pk])

    @property
    def state(self) -> "Alert.State":
        if self.resolved:
            return Alert.State.RESOLVED
        return Alert.State.ACKNOWLEDGED if self.acknowledged else Alert.State.OPEN

    @property
    def why_text(self) -> str:
        """The rule that raised the alert, in the reader's language."""
        return gettext(
            "%(reason)s “%(incident)s” was %(severity)s then; “%(area)s” watches for %(watched)s "
            "and worse."
        ) % {
            "reason": self.get_reason_display(),
            "incident": self.incident_name,
            "severity": Severity(self.why["severity_code"]).label,
            "area": self.area_name,
            "watched": Severity(self.why["watched_code"]).label,
        }

    def as_json(self) -> dict[str, Any]:
        """The alert for pages and the API; read it `with_people`, or it takes more queries."""
        return {
            "id": self.pk,
            "url": self.get_absolute_url(),
            "state": self.state.value,
            "incident": _reference("Incident", self.incident_id, self.incident_name),
            "area": _reference("AreaOfInterest", self.area_id, self.area_name),
            "severity": Severity(self.severity).english,
            "severity_code": self.severity,
            "reason": self.reason,
            "why": self.why,
            "raised": self.raised.isoformat(),
            "acknowledged": self.acknowledged and self.acknowledged.isoformat(),
            "acknowledged_by": self.acknowledged_by and self.acknowledged_by.get_username(),
            "assigned_to": self.assigned_to
            and {"id": self.assigned_to.pk, "username": self.assigned_to.get_username()},
            "resolved": self.resolved and self.resolved.isoformat(),
            "resolution": self.resolution or None,
            "burst": self.burst,
            "burst_size": self.burst_size,
            "comments": self._count_comments(),
        }

    def _count_comments(self) -> int:
        return self.comment_count if hasattr(self, "comment_count") else self.comments.count()


class AlertComment(models.Model):
    """What somebody had to say about an alert."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    text = models.TextField(_("comment"), max_length=1000)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.text:.40}"

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.pk,
            "author": self.author and self.author.get_username(),
            "text": self.text,
            "created": self.created.isoformat(),
        }


def _reference(model: str, pk: int | None, name: str) -> dict[str, Any]:
    routes = {"Incident": "incident-detail", "AreaOfInterest": "area-detail"}
    return {
        "id": pk and f"{model}:{pk}",
        "pk": pk,
        "name": name,
        "url": pk and reverse(routes[model], args=[pk]),
    }
