"""Django Channels 1.x, written anew: named channels, groups and function consumers."""

from channels.asgi import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.channel import Channel, Group
from channels.routing import include, route, route_class

__version__ = "1.2.0"

__all__ = [
    "DEFAULT_CHANNEL_LAYER",
    "Channel",
    "Group",
    "channel_layers",
    "include",
    "route",
    "route_class",
]
