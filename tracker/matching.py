"""Which areas watch which incidents."""

import shapely
from django.db import connections
from shapely import STRtree

from tracker.models import AreaOfInterest, Incident

Pair = tuple[Incident, AreaOfInterest]

# From this many rows on, one tree over the areas is quicker than a query for each row.
MANY = 20
ADVISORY_LOCK = 0x7261636B  # any number that nothing else uses


def areas_of(incidents: list[Incident], using: str) -> list[Pair]:
    """The areas that watch these incidents; closed and pending ones are watched by none."""
    watched = [incident for incident in incidents if incident.is_watched_for]
    areas = AreaOfInterest.objects.using(using)
    if len(watched) < MANY:
        return [(incident, area) for incident in watched for area in areas.alerted_by(incident)]
    return _all_pairs(watched, list(areas))


def incidents_of(areas: list[AreaOfInterest], using: str) -> list[Pair]:
    """The open incidents that these areas watch."""
    incidents = Incident.objects.using(using).open()
    if len(areas) >= MANY:
        return _all_pairs(list(incidents), areas)
    return [
        (incident, area)
        for area in areas
        for incident in incidents.filter(
            location__within=area.polygon, severity__in=area.watched_severities
        )
    ]


def keep_apart(kind: type[Incident] | type[AreaOfInterest], using: str) -> None:
    """Let no area appear while incidents are matched, and the other way round.

    Otherwise two transactions that add an incident and an area over it would not see each other,
    and neither would raise the alert. SQLite has one writer anyway.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    function = "pg_advisory_xact_lock" + ("_shared" if kind is Incident else "")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [ADVISORY_LOCK])


def _all_pairs(incidents: list[Incident], areas: list[AreaOfInterest]) -> list[Pair]:
    if not incidents or not areas:
        return []
    tree = STRtree([area.polygon for area in areas])
    places = [incident.location for incident in incidents]
    shapely.prepare(tree.geometries)
    pairs = [
        (incidents[place], areas[polygon])
        for place, polygon in tree.query(places, predicate="covered_by").T.tolist()
    ]
    return [(incident, area) for incident, area in pairs if area.severity in _watched_by(incident)]


def _watched_by(incident: Incident) -> list[str]:
    return [severity.value for severity in incident.alert_severities]
