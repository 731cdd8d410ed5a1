"""Migration operations that only concern PostGIS."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


class PostGISOnly(migrations.RunSQL):
    """SQL that databases other than PostgreSQL skip."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, *states)


def enable_postgis() -> PostGISOnly:
    """Make PostGIS's types available in the database.

    Somebody who is no superuser needs the extension to be there already; PostgreSQL's own error
    says so. It is left in place on the way back: others may use it.
    """
    return PostGISOnly("CREATE EXTENSION IF NOT EXISTS postgis", migrations.RunSQL.noop)


def spatial_index(table: str, column: str) -> PostGISOnly:
    """A GiST index on a geometry column."""
    name = f"{table}_{column}_gist"
    return PostGISOnly(
        f'CREATE INDEX "{name}" ON "{table}" USING GIST ("{column}")', f'DROP INDEX "{name}"'
    )
