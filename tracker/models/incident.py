"""Incidents."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tracker.geometry import PointField
from tracker.geometry.shapes import to_geojson
from tracker.models.rows import MapQuerySet, MapRow
from tracker.models.severity import Severity, known_severity


class IncidentQuerySet(MapQuerySet):
    geometry_field = "location"

    def published(self) -> "IncidentQuerySet":
        """Without reports that still await their review."""
        return self.filter(pending=False)

    def open(self) -> "IncidentQuerySet":
        return self.published().filter(closed=False)

    def visible_to(self, user: Any) -> "IncidentQuerySet":
        """What this user may see."""
        return self.all() if user.has_perm("tracker.review_incident") else self.published()


class Incident(MapRow):
    """Something that happened at a place."""

    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    severity = models.CharField(
        _("severity"), max_length=2, choices=Severity, default=Severity.MEDIUM
    )
    closed = models.BooleanField(_("closed"), default=False)
    pending = models.BooleanField(_("awaits review"), default=False, editable=False)
    location = PointField(_("location"))
    created = models.DateTimeField(_("created"), auto_now_add=True)
    updated = models.DateTimeField(_("updated"), auto_now=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-created", "-pk"]
        indexes = [models.Index(fields=["closed", "-created"], name="incident_open_newest")]
        constraints = [known_severity("incident_known_severity")]
        permissions = [("review_incident", _("Can review reported incidents"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incident-detail", args=[self.pk])

    @property
    def view_permission(self) -> str:
        """What a user needs to see it."""
        return "tracker.review_incident" if self.pending else "tracker.view_incident"

    @property
    def is_watched_for(self) -> bool:
        """Whether it can raise alerts at all."""
        return not (self.closed or self.pending)

    @property
    def alert_severities(self) -> list[Severity]:
        """The severities of the areas that this incident alerts: its own and all lower ones."""
        return Severity(self.severity).and_lower

    @property
    def geojson_feature(self) -> dict[str, Any]:
        """The incident as a GeoJSON Feature (RFC 7946, section 3.2)."""
        return {
            "type": "Feature",
            "id": f"Incident:{self.pk}",
            "geometry": to_geojson(self.location),
            "properties": {
                "model": "Incident",
                "pk": self.pk,
                "name": self.name,
                "description": self.description,
                "severity": Severity(self.severity).english,
                "severity_code": self.severity,
                "closed": self.closed,
                "pending": self.pending,
                "created": self.created.isoformat(),
                "updated": self.updated.isoformat(),
                "url": self.get_absolute_url(),
            },
        }
