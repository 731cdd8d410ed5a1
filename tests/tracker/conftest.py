import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from shapely import Point, box

from channels.asgi import DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper, channel_layers
from channels.layers.memory import InMemoryChannelLayer
from tracker import relay
from tracker.models import AreaOfInterest, Incident
from tracker_project.routing import channel_routing


@pytest.fixture(autouse=True)
def layer(monkeypatch: pytest.MonkeyPatch) -> ChannelLayerWrapper:
    """A layer of its own for each test."""
    memory = InMemoryChannelLayer(channel_capacity={"test.page": 10_000})
    layer = ChannelLayerWrapper(memory, DEFAULT_CHANNEL_LAYER, channel_routing)
    monkeypatch.setitem(channel_layers.backends, DEFAULT_CHANNEL_LAYER, layer)
    return layer


@pytest.fixture
def notifications(layer: ChannelLayerWrapper) -> Callable[[], list[dict[str, Any]]]:
    """Call it for what has been sent to the open pages since the last call."""
    layer.group_add("notifications", "test.page")

    def received() -> list[dict[str, Any]]:
        relay.publish()
        messages = iter(lambda: layer.receive(["test.page"])[1], None)
        return [json.loads(message["text"]) for message in messages]

    return received


@pytest.fixture
def make_user(db: None) -> Callable[[str], User]:
    """Makes a user of a role, with the role's name and the password "secret"."""

    def make(role: str) -> User:
        user = User.objects.create_user(role, password="secret")
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def user(make_user: Callable[[str], User]) -> User:
    return make_user("operator")


@pytest.fixture
def viewer(make_user: Callable[[str], User]) -> User:
    return make_user("viewer")


@pytest.fixture
def make_incident() -> Callable[..., Incident]:
    def make(longitude: float = 4.0, latitude: float = 54.0, **fields: Any) -> Incident:
        return Incident(**{"name": "Fire", "location": Point(longitude, latitude), **fields})

    return make


@pytest.fixture
def make_area() -> Callable[..., AreaOfInterest]:
    def make(west: float, south: float, east: float, north: float, **fields: Any) -> AreaOfInterest:
        return AreaOfInterest(
            **{"name": "Area", "polygon": box(west, south, east, north), **fields}
        )

    return make
