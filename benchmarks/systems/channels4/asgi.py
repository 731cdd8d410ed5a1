from consumers import Echo, Noop, Room
from django.core.asgi import get_asgi_application
from django.urls import path

from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("room/", Room.as_asgi()), path("echo/", Echo.as_asgi())]),
        "channel": ChannelNameRouter({"bench.noop": Noop.as_asgi()}),
    }
)
