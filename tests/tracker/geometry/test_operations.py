import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["tracker_incident", "tracker_areaofinterest"])
def test_geometry_has_a_gist_index_on_postgis_only(table):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table).values()
    kinds = {constraint.get("type") for constraint in constraints}
    assert ("gist" in kinds) == (connection.vendor == "postgresql")
