"""Which consumer reads which channel: each application's routing behind its path prefix."""

from channels import include, route

# The tracker's map, where the readings of `sensors` appear.
tracker_sockets = [
    route("websocket.connect", "tracker.consumers.websocket_connect"),
    route("websocket.receive", "tracker.consumers.websocket_receive"),
    route("websocket.keepalive", "tracker.consumers.websocket_keepalive"),
    route("websocket.disconnect", "tracker.consumers.websocket_disconnect"),
]

channel_routing = [
    include("examples.hello.routing.channel_routing", path=r"^(?:/hello)?"),  # and as in its seed
    include("examples.notices.routing.channel_routing", path=r"^/ws/msg"),
    include("examples.chat.routing.channel_routing", path=r"^/ws/chat"),
    include("examples.userfeed.routing.channel_routing", path=r"^/ws/userfeed"),
    include("examples.game.routing.channel_routing", path=r"^/ws/game"),
    include("examples.tasks.routing.channel_routing", path=r"^/ws/tasks"),
    include("examples.tasks.routing.background_routing"),
    include("examples.sensors.routing.channel_routing", path=r"^/ws/sensors"),
    include("examples.sensors.routing.udp_routing"),
    include(tracker_sockets, path=r"^/notifications/$"),
    route("tracker.relay", "tracker.consumers.relay_woken"),
    # All other sockets are for the views in `websocket_urls.py`, which has a 404 too.
    include("examples.django_websocket.routing.channel_routing"),
]
