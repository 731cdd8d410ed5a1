"""Points and polygons: read from GeoJSON, checked, and written as GeoJSON.

A geometry is a Shapely one in WGS 84: x is the longitude and y the latitude, in degrees.
Nothing here knows a database.
"""

from collections.abc import Mapping
from typing import Any

import shapely
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from shapely import Point, Polygon
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from tracker import jsontext

SRID = 4326
MAX_POSITIONS = 10_000
# Square degrees; an area that covers more would raise an alert for every incident.
MAX_SQUARE_DEGREES = 0.9 * 360 * 180
Position = tuple[float, float]


def from_geojson(value: str | Mapping[str, Any], kind: str) -> BaseGeometry:
    """Read a GeoJSON geometry; altitudes are left out.

    Arguments:
        value: the geometry object or its JSON text (RFC 7946, section 3.1).
        kind: the type it must have, "Point" or "Polygon".

    Raises:
        ValidationError: it is something else; the message says what to change.
    """
    document = _load(value) if isinstance(value, str) else value
    found = document.get("type") if isinstance(document, Mapping) else type(document).__name__
    if found != kind:
        raise ValidationError(
            _("Expected a GeoJSON %(kind)s, not %(found)s. Give the geometry object alone."),
            code="geometry_type",
            params={"kind": kind, "found": f"{found!s:.40}"},
        )
    coordinates = document.get("coordinates")
    geometry = Point(_position(coordinates)) if kind == "Point" else _polygon(coordinates)
    check(geometry)
    return geometry


def to_geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """Return the geometry as a GeoJSON object that `json.dumps` takes."""
    return dict(mapping(geometry))


def check(geometry: BaseGeometry) -> None:
    """Refuse a geometry that no map can show or that cannot be compared with others.

    Raises:
        ValidationError: it is empty, too long, out of range or not valid.
    """
    if geometry.is_empty:
        raise ValidationError(_("The %(kind)s is empty."), "empty", {"kind": geometry.geom_type})
    positions = shapely.get_coordinates(geometry).tolist()
    if len(positions) > MAX_POSITIONS:
        raise ValidationError(
            _("%(count)s points are too many: draw with at most %(limit)s."),
            code="too_long",
            params={"count": len(positions), "limit": MAX_POSITIONS},
        )
    for longitude, latitude in positions:
        check_position(longitude, latitude)
    if geometry.geom_type == "Polygon":
        _check_size(geometry)
    if not geometry.is_valid:
        raise _invalid(shapely.is_valid_reason(geometry))


def check_position(longitude: float, latitude: float) -> None:
    """Raise ValidationError unless both are finite degrees within the range of the globe."""
    if not -90 <= latitude <= 90:
        raise ValidationError(
            _("Latitude %(value)s is not between -90 and 90. Is it in the longitude's place?"),
            code="latitude",
            params={"value": _number(latitude)},
        )
    if not -180 <= longitude <= 180:
        raise ValidationError(
            _("Longitude %(value)s is not between -180 and 180: add or subtract 360."),
            code="longitude",
            params={"value": _number(longitude)},
        )


def _load(text: str) -> Any:
    try:
        return jsontext.read(text)
    except ValueError as error:
        raise ValidationError(
            _("This is not JSON (%(reason)s). Write GeoJSON, longitude first."),
            code="json",
            params={"reason": f"{error!s:.80}"},
        ) from error


def _polygon(rings: Any) -> Polygon:
    if not isinstance(rings, list | tuple) or not rings:
        raise ValidationError(
            _("The polygon is empty: give a list with its outline, then its holes."), "empty"
        )
    shell, *holes = (_ring(ring) for ring in rings)
    return Polygon(shell, holes)


def _ring(value: Any) -> list[Position]:
    positions = [_position(item) for item in value] if isinstance(value, list | tuple) else []
    if len(set(positions)) < 3:
        raise ValidationError(
            _("A polygon needs at least three different points; this outline has %(count)s."),
            code="too_short",
            params={"count": len(set(positions))},
        )
    if positions[0] != positions[-1]:
        raise ValidationError(
            _("The outline is open: repeat its first point at the end."), code="open"
        )
    return positions


def _position(value: Any) -> Position:
    match value:
        case [longitude, latitude, *_altitude] if _is_number(longitude) and _is_number(latitude):
            check_position(longitude, latitude)
            return float(longitude), float(latitude)
    raise ValidationError(
        _("%(value)s is not a position: write [longitude, latitude] in degrees."),
        code="position",
        params={"value": f"{value!r:.40}"},
    )


def _invalid(reason: str) -> ValidationError:
    """Turn what GEOS says, such as `Self-intersection[0.5 0.5]`, into advice."""
    problem, _bracket, place = reason.rstrip("]").partition("[")
    longitude, _space, latitude = place.partition(" ")
    if "Self-intersection" in problem:
        advice = _(
            "The outline crosses or touches itself near longitude %(longitude)s, "
            "latitude %(latitude)s: move a point so that no two sides meet there."
        )
    else:
        advice = _(
            "The polygon is not valid near longitude %(longitude)s, latitude %(latitude)s "
            "(%(problem)s): keep holes inside the outline and apart from each other."
        )
    params = {"longitude": longitude, "latitude": latitude, "problem": problem}
    return ValidationError(advice, "invalid", params)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_size(polygon: Polygon) -> None:
    outline = shapely.convex_hull(polygon)
    if outline.area == 0:
        raise ValidationError(
            _("The area covers nothing: its points lie on one line."), code="no_area"
        )
    if polygon.area > MAX_SQUARE_DEGREES:
        raise ValidationError(
            _("The area covers the whole world, or nearly: draw the part that matters."),
            code="whole_world",
        )


def _number(value: float) -> str:
    return f"{value!s:.20}"
