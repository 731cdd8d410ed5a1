"""The part of the map that a page shows, as it stands in an address."""

from math import isfinite

import shapely
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from shapely import Polygon

from tracker.geometry.shapes import check_position


def parse_bbox(text: str) -> list[Polygon]:
    """Return the boxes of `west,south,east,north` in degrees (RFC 7946, section 5).

    There are two where the box crosses the antimeridian: when west is greater than east, or when
    one of them is past 180 degrees, as on a map that was dragged around the globe.

    Raises:
        ValidationError: it is not four numbers, or no part of the globe.
    """
    west, south, east, north = _numbers(text)
    for latitude in (south, north):
        check_position(0, latitude)
    if south > north:
        raise ValidationError(
            _("The bounding box has its south, %(south)s, above its north, %(north)s."),
            code="bbox",
            params={"south": south, "north": north},
        )
    return [shapely.box(left, south, right, north) for left, right in _spans(west, east)]


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(number) for number in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(map(isfinite, numbers)):
        raise ValidationError(
            _("%(text)s is no bounding box: write bbox=west,south,east,north in degrees."),
            code="bbox",
            params={"text": f"{text!r:.60}"},
        )
    return numbers


def _spans(west: float, east: float) -> list[tuple[float, float]]:
    """The longitudes from west to east, cut at the antimeridian."""
    if east - west >= 360:
        return [(-180, 180)]
    west, east = _wrapped(west), _wrapped(east)
    return [(west, east)] if west <= east else [(west, 180), (-180, east)]


def _wrapped(longitude: float) -> float:
    return longitude if -180 <= longitude <= 180 else (longitude + 180) % 360 - 180
