import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from shapely import Point, box

from channels.asgi import DEFAULT_CHANNEL_LAYER, ChannelLayerWrapper, channel_layers
from channels.layers.memory import InMemoryChannelLayer
from tracker.models import AreaOfInterest, Incident
from tracker_project.routing import channel_routing


@pytest.fixture(autouse=True)
def layer() -> Iterator[ChannelLayerWrapper]:
    """A layer of its own for each test."""
    old = channel_layers.backends.get(DEFAULT_CHANNEL_LAYER)
    layer = ChannelLayerWrapper(InMemoryChannelLayer(), DEFAULT_CHANNEL_LAYER, channel_routing)
    channel_layers.set(DEFAULT_CHANNEL_LAYER, layer)
    yield layer
    if old is None:
        del channel_layers.backends[DEFAULT_CHANNEL_LAYER]
    else:
        channel_layers.set(DEFAULT_CHANNEL_LAYER, old)


@pytest.fixture
def notifications(layer: ChannelLayerWrapper) -> Callable[[], list[dict[str, Any]]]:
    """Call it for what has been sent to the open pages since the last call."""
    layer.group_add("notifications", "test.page")

    def received() -> list[dict[str, Any]]:
        messages = iter(lambda: layer.receive(["test.page"])[1], None)
        return [json.loads(message["text"]) for message in messages]

    return received


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("operator", password="secret")


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
