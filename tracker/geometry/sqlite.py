"""Geometry in SQLite: how a value is stored, and the functions that the lookups call.

A value is a GeoPackage binary (OGC 12-128r19, section 2.1.3): a header with the envelope, then
the well-known binary. The envelope is the prefilter: a row whose box cannot match costs one
unpacking of four numbers (10,000 areas take about 10 ms), and there is no second table or
trigger that a later migration could lose.
"""

from struct import Struct
from typing import Any

import shapely
from django.db.backends.base.base import BaseDatabaseWrapper
from shapely.geometry.base import BaseGeometry

from tracker.geometry.shapes import SRID

# Magic, version 0, flags (little endian, envelope of four numbers), SRID.
PREFIX = Struct("<2sBBi").pack(b"GP", 0, 0b0000_0011, SRID)
ENVELOPE = Struct("<4d")  # west, east, south, north
BODY = len(PREFIX) + ENVELOPE.size


def encode(geometry: BaseGeometry) -> bytes:
    """Return what a geometry column holds for this geometry."""
    west, south, east, north = geometry.bounds
    body = shapely.to_wkb(geometry, output_dimension=2, byte_order=1)
    return PREFIX + ENVELOPE.pack(west, east, south, north) + body


def decode(value: bytes) -> BaseGeometry:
    """Return the geometry of a column's value."""
    return shapely.from_wkb(value[BODY:])


def covers(outer: bytes | None, inner: bytes | None) -> bool | None:
    """Whether no point of `inner` lies outside `outer`: the boundary belongs to it."""
    if outer is None or inner is None:
        return None
    west, east, south, north = ENVELOPE.unpack_from(outer, len(PREFIX))
    inner_west, inner_east, inner_south, inner_north = ENVELOPE.unpack_from(inner, len(PREFIX))
    if inner_west < west or inner_east > east or inner_south < south or inner_north > north:
        return False
    return bool(shapely.covers(decode(outer), decode(inner)))


def covered_by(inner: bytes | None, outer: bytes | None) -> bool | None:
    """`covers` with the arguments the other way round."""
    return covers(outer, inner)


def boxes_overlap(one: bytes | None, other: bytes | None) -> bool | None:
    """Whether the envelopes of both share a point, be it on their edges."""
    if one is None or other is None:
        return None
    west, east, south, north = ENVELOPE.unpack_from(one, len(PREFIX))
    other_west, other_east, other_south, other_north = ENVELOPE.unpack_from(other, len(PREFIX))
    return (
        west <= other_east and other_west <= east and south <= other_north and other_south <= north
    )


def register_functions(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Give a new SQLite connection the functions; a receiver of `connection_created`."""
    if connection.vendor != "sqlite":
        return
    for name, function in (
        ("ST_Covers", covers),
        ("ST_CoveredBy", covered_by),
        ("ST_BoxesOverlap", boxes_overlap),
    ):
        connection.connection.create_function(name, 2, function, deterministic=True)
