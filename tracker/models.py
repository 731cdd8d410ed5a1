"""Incidents, and the areas that somebody watches."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from tracker.geometry import PointField, PolygonField
from tracker.geometry.shapes import to_geojson


class Severity(models.TextChoices):
    """How bad an incident is, the worst first."""

    URGENT = "UR", _("Urgent")
    HIGH = "HI", _("High")
    MEDIUM = "ME", _("Medium")
    LOW = "LO", _("Low")
    INFO = "IN", _("Info")

    @property
    def and_lower(self) -> list["Severity"]:
        """This severity and those below it."""
        severities = list(Severity)
        return severities[severities.index(self) :]

    @property
    def english(self) -> str:
        """The label for features: one feature goes to the pages of all languages."""
        return self.name.capitalize()


def known_severity(name: str) -> models.CheckConstraint:
    """Keep severities that no alert rule knows out of the table, whoever writes to it."""
    return models.CheckConstraint(name=name, condition=models.Q(severity__in=Severity.values))


class MapQuerySet(models.QuerySet[Any]):
    """Rows that can be shown on a map."""

    geometry_field: str

    def overlapping(self, boxes: list[BaseGeometry]) -> "MapQuerySet":
        """Those whose bounding box shares a point with one of the boxes."""
        matches = [models.Q(**{f"{self.geometry_field}__bboverlaps": box}) for box in boxes]
        return self.filter(models.Q(*matches, _connector=models.Q.OR))

    def worst_first(self) -> "MapQuerySet":
        """By severity, then the newest first."""
        ranks = [
            models.When(severity=severity, then=rank) for rank, severity in enumerate(Severity)
        ]
        return self.order_by(models.Case(*ranks), "-pk")


class IncidentQuerySet(MapQuerySet):
    geometry_field = "location"

    def open(self) -> "IncidentQuerySet":
        return self.filter(closed=False)


class AreaQuerySet(MapQuerySet):
    geometry_field = "polygon"

    def alerted_by(self, incident: "Incident") -> "AreaQuerySet":
        """The areas that watch the incident's place and a severity as bad as its own or lower."""
        return self.filter(
            polygon__contains=incident.location, severity__in=incident.alert_severities
        )


class Incident(models.Model):
    """Something that happened at a place."""

    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    severity = models.CharField(
        _("severity"), max_length=2, choices=Severity, default=Severity.MEDIUM
    )
    closed = models.BooleanField(_("closed"), default=False)
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

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incident-detail", args=[self.pk])

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
                "created": self.created.isoformat(),
                "updated": self.updated.isoformat(),
                "url": self.get_absolute_url(),
            },
        }


class AreaOfInterest(models.Model):
    """A polygon; incidents in it of its severity or a worse one raise an alert."""

    name = models.CharField(_("name"), max_length=150)
    severity = models.CharField(
        _("severity"), max_length=2, choices=Severity, default=Severity.MEDIUM
    )
    polygon = PolygonField(_("polygon"))

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("area of interest")
        verbose_name_plural = _("areas of interest")
        ordering = ["name", "pk"]
        constraints = [known_severity("area_known_severity")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("area-detail", args=[self.pk])

    @property
    def geojson_feature(self) -> dict[str, Any]:
        """The area as a GeoJSON Feature (RFC 7946, section 3.2)."""
        return {
            "type": "Feature",
            "id": f"AreaOfInterest:{self.pk}",
            "geometry": to_geojson(self.polygon),
            "properties": {
                "model": "AreaOfInterest",
                "pk": self.pk,
                "name": self.name,
                "severity": Severity(self.severity).english,
                "severity_code": self.severity,
                "url": self.get_absolute_url(),
            },
        }
