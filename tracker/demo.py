"""What a new tracker shows: incidents and watched areas around Europe."""

import math

import shapely
from shapely import Point, Polygon

from tracker.models import AreaOfInterest, Incident, Severity


def load() -> None:
    """Add the demo rows that are missing, known by their names."""
    _add_missing(Incident, incidents())
    _add_missing(AreaOfInterest, areas())


def incidents() -> list[Incident]:
    """The demo's incidents, unsaved."""
    return [
        Incident(
            name=name, description=text, severity=severity, closed=closed, location=Point(x, y)
        )
        for name, text, severity, closed, x, y in (
            (
                "Container lost overboard",
                "Drifts south-east, low in the water.",
                "UR",
                False,
                4.1,
                54.2,
            ),
            ("Buoy off station", "Light is out as well.", "ME", False, 6.6, 54.5),
            ("Oil slick reported", "About two kilometres long.", "HI", False, 1.9, 51.1),
            ("Ferry delayed", "Strong wind in the harbour.", "IN", False, 1.4, 50.95),
            ("Fishing net adrift", "Keep clear by half a mile.", "LO", False, -4.2, 45.6),
            ("Avalanche on pass road", "Road closed in both directions.", "UR", False, 7.9, 46.1),
            ("Rockfall near tunnel", "One lane is open.", "HI", False, 11.5, 47.0),
            ("Cable car stopped", "Nobody on board.", "ME", True, 10.7, 46.6),
            ("Forest fire", "Visible from the coast.", "UR", False, 23.4, 38.1),
            ("Flooded underpass", "Water is going down.", "ME", False, 19.0, 47.5),
            ("Power cut", "Crews are on their way.", "HI", False, 21.0, 52.2),
            ("Lost weather station", "No data since this morning.", "LO", False, 25.7, 66.5),
        )
    ]


def areas() -> list[AreaOfInterest]:
    """The demo's areas of interest, unsaved."""
    return [
        AreaOfInterest(name=name, severity=severity, polygon=polygon)
        for name, severity, polygon in (
            ("North Sea", Severity.MEDIUM, Polygon([(2, 53.4), (8, 53.9), (8, 57), (1, 57)])),
            ("Channel", Severity.INFO, Polygon([(-5, 48.8), (2.2, 50.8), (1.6, 51.4), (-5, 50)])),
            (
                "Alps",
                Severity.HIGH,
                Polygon([(5.8, 44), (8, 44.2), (14.5, 46.4), (14, 47.9), (7, 47)]),
            ),
            ("Athens, 100 km around", Severity.LOW, _around(23.7, 38.0, kilometres=100)),
        )
    ]


def _add_missing(
    model: type[Incident] | type[AreaOfInterest], rows: list[Incident] | list[AreaOfInterest]
) -> None:
    known = set(model.objects.values_list("name", flat=True))
    model.objects.bulk_create([row for row in rows if row.name not in known])


def _around(longitude: float, latitude: float, kilometres: float) -> Polygon:
    circle = shapely.buffer(Point(0, 0), kilometres / 111.2)
    narrowing = math.cos(math.radians(latitude))
    return shapely.transform(
        circle, lambda positions: positions / (narrowing, 1) + (longitude, latitude)
    )
