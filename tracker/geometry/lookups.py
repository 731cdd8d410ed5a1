"""Spatial lookups, with one meaning on PostGIS and on SQLite."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup


class SpatialLookup(Lookup):
    """Compares a geometry column with a geometry or with another column."""

    function: str

    def get_db_prep_lookup(
        self, value: Any, connection: BaseDatabaseWrapper
    ) -> tuple[str, list[Any]]:
        field = self.lhs.output_field
        placeholder = field.get_placeholder(value, None, connection)
        return placeholder, [field.get_db_prep_value(value, connection, prepared=True)]

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return self.combine(left, right, connection.vendor), [*left_params, *right_params]

    def combine(self, left: str, right: str, vendor: str) -> str:
        return f"{self.function}({left}, {right})"


class Covers(SpatialLookup):
    """`polygon__contains=point`: the boundary counts as inside."""

    lookup_name = "contains"
    function = "ST_Covers"


class CoveredBy(SpatialLookup):
    """`location__within=polygon`: the boundary counts as inside."""

    lookup_name = "within"
    function = "ST_CoveredBy"


class BoxesOverlap(SpatialLookup):
    """`location__bboverlaps=box`: the bounding boxes share a point, be it on their edges."""

    lookup_name = "bboverlaps"
    function = "ST_BoxesOverlap"

    def combine(self, left: str, right: str, vendor: str) -> str:
        # Only the operator uses PostGIS's index.
        return (
            f"{left} && {right}" if vendor == "postgresql" else super().combine(left, right, vendor)
        )
