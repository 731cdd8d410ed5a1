"""Model fields that hold a Shapely geometry.

On PostgreSQL the columns are PostGIS's `geometry(..., 4326)`, on SQLite they are GeoPackage
binaries (`tracker.geometry.sqlite`).
"""

import json
from typing import Any, ClassVar

import shapely
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _
from shapely.geometry.base import BaseGeometry

from tracker.geometry import sqlite
from tracker.geometry.forms import PointFormField, PolygonFormField
from tracker.geometry.lookups import BoxesOverlap, CoveredBy, Covers
from tracker.geometry.shapes import SRID, check, from_geojson, to_geojson


class GeometryField(models.Field):
    """What points and polygons share; takes Shapely geometries and GeoJSON."""

    kind: ClassVar[str]
    form_class: ClassVar[type[forms.Field]]
    default_validators = [check]

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return f"geometry({self.kind},{SRID})" if connection.vendor == "postgresql" else "blob"

    def to_python(self, value: Any) -> BaseGeometry | None:
        """Return the geometry of a Shapely value, a GeoJSON object or its text.

        Raises:
            ValidationError: it is of another kind, or no geometry.
        """
        if value is None:
            return None
        if not isinstance(value, BaseGeometry):
            return from_geojson(value, self.kind)
        if value.geom_type != self.kind:
            raise ValidationError(
                _("Expected a %(kind)s, not a %(found)s."),
                code="geometry_type",
                params={"kind": self.kind, "found": value.geom_type},
            )
        return value

    def from_db_value(
        self, value: Any, expression: Any, connection: BaseDatabaseWrapper
    ) -> BaseGeometry | None:
        if value is None:
            return None
        if connection.vendor != "postgresql":
            return sqlite.decode(value)
        # Without its SRID it is equal to the same geometry made in Python.
        return shapely.set_srid(shapely.from_wkb(value), 0)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Turn GeoJSON that was assigned to the attribute into the geometry it stands for."""
        value = getattr(model_instance, self.attname)
        if not _is_expression(value):
            value = self.to_python(value)
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> BaseGeometry | None:
        """Return the value if a column can be compared with it.

        Raises:
            TypeError: it is no geometry.
        """
        if value is None or isinstance(value, BaseGeometry):
            return value
        raise TypeError(f"{self} takes a Shapely geometry, not {value!r:.60}.")

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> bytes | str | None:
        geometry = self.get_prep_value(value)
        if geometry is None:
            return None
        if connection.vendor != "postgresql":
            return sqlite.encode(geometry)
        geometry = shapely.set_srid(geometry, SRID)
        return shapely.to_wkb(geometry, hex=True, output_dimension=2, include_srid=True)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Check once more, for code that saves without validating: a point that is not on the
        globe would reach every browser."""
        if _is_expression(value):
            return value
        geometry = self.to_python(value)
        if geometry is not None:
            check(geometry)
        return self.get_db_prep_value(geometry, connection)

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s::geometry" if connection.vendor == "postgresql" else "%s"

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else json.dumps(to_geojson(value))

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": self.form_class, **kwargs})


def _is_expression(value: Any) -> bool:
    return hasattr(value, "as_sql")


class PointField(GeometryField):
    """A place: `shapely.Point(longitude, latitude)`."""

    kind = "Point"
    description = _("Point")
    form_class = PointFormField


class PolygonField(GeometryField):
    """An area: a valid `shapely.Polygon`, holes allowed."""

    kind = "Polygon"
    description = _("Polygon")
    form_class = PolygonFormField


for lookup in (Covers, CoveredBy, BoxesOverlap):
    GeometryField.register_lookup(lookup)
