"""The areas that somebody watches."""

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tracker.geometry import PolygonField
from tracker.geometry.shapes import to_geojson
from tracker.models.incident import Incident
from tracker.models.rows import MapQuerySet, MapRow
from tracker.models.severity import Severity, known_severity


class AreaQuerySet(MapQuerySet):
    geometry_field = "polygon"

    def alerted_by(self, incident: Incident) -> "AreaQuerySet":
        """The areas that watch the incident's place and a severity as bad as its own or lower."""
        return self.filter(
            polygon__contains=incident.location, severity__in=incident.alert_severities
        )


class AreaOfInterest(MapRow):
    """A polygon; incidents in it of its severity or a worse one raise an alert."""

    view_permission = "tracker.view_areaofinterest"

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
    def watched_severities(self) -> list[Severity]:
        """The severities of the incidents that alert this area: its own and all worse ones."""
        return Severity(self.severity).and_worse

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
