"""What was reported near a place not long ago, so that it is not reported again."""

import math
from datetime import timedelta
from typing import Any

from django.utils import timezone
from shapely import Point, box

from tracker.models import Incident, Severity

HOURS = 6
RADIUS_METRES = 1000
MOST = 5
EARTH_METRES = 6_371_009
METRES_A_DEGREE = 111_195


def reports(latitude: float, longitude: float) -> list[dict[str, Any]]:
    """The open incidents around a place, the nearest first: what the public may know of them."""
    place = Point(longitude, latitude)
    recent = Incident.objects.open().filter(created__gte=timezone.now() - timedelta(hours=HOURS))
    near = [
        (distance(place, incident.location), incident)
        for incident in recent.overlapping(_boxes(place))
    ]
    near = [(metres, incident) for metres, incident in near if metres <= RADIUS_METRES]
    return [
        {
            "name": incident.name,
            "severity": Severity(incident.severity).label,
            "severity_code": incident.severity,
            "distance_m": round(metres),
            "created": incident.created.isoformat(),
        }
        for metres, incident in sorted(near, key=lambda item: item[0])[:MOST]
    ]


def distance(one: Point, other: Point) -> float:
    """Metres between two places on a sphere (the haversine formula)."""
    latitudes = math.radians(one.y), math.radians(other.y)
    half_north = (latitudes[1] - latitudes[0]) / 2
    half_east = math.radians(other.x - one.x) / 2
    square = (
        math.sin(half_north) ** 2
        + math.cos(latitudes[0]) * math.cos(latitudes[1]) * math.sin(half_east) ** 2
    )
    return 2 * EARTH_METRES * math.asin(math.sqrt(min(1.0, square)))


def _boxes(place: Point) -> list[Any]:
    """Boxes that hold everything within the radius; two at the antimeridian."""
    north = RADIUS_METRES / METRES_A_DEGREE
    # Near a pole the circle holds all longitudes.
    narrowing = math.cos(math.radians(min(90, abs(place.y) + north)))
    east = min(180, north / narrowing) if narrowing > 1e-6 else 180
    south_edge, north_edge = max(-90, place.y - north), min(90, place.y + north)
    return [
        box(place.x - east + turn, south_edge, place.x + east + turn, north_edge)
        for turn in (-360, 0, 360)
    ]
