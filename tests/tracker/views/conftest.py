"""What the tests of pages share."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tracker.models import AreaOfInterest, Incident


@pytest.fixture
def incident_data() -> dict[str, str]:
    """What a form of an incident sends."""
    return {
        "name": "Fire",
        "description": "Smoke",
        "severity": "HI",
        "location_latitude": "52.5",
        "location_longitude": "13.4",
    }


@pytest.fixture
def area_data() -> dict[str, str]:
    """What a form of an area sends."""
    square = '{"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}'
    return {"name": "Harbour", "severity": "LO", "polygon": square}


@pytest.fixture
def operator(client: Client, user: User) -> Client:
    """A browser that is logged in."""
    client.force_login(user)
    return client


@pytest.fixture
def incident(make_incident: Any) -> Incident:
    incident = make_incident(1, 1, name="Flood")
    incident.save()
    return incident


@pytest.fixture
def area(make_area: Any) -> AreaOfInterest:
    area = make_area(0, 0, 2, 2, name="Delta")
    area.save()
    return area
