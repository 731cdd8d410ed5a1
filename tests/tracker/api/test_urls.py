import pytest

pytestmark = pytest.mark.django_db


def test_the_schema_describes_the_api(api):
    schema = api.get("/api/v1/schema/").json()
    assert schema["openapi"].startswith("3.")
    assert "/api/v1/incidents/{id}/history/" in schema["paths"]
    assert schema["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_an_address_that_does_not_exist_is_not_found(api):
    assert api.get("/api/v1/nothing/").status_code == 404
