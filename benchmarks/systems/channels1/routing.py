from consumers import echo, join_room, leave_room, noop

from channels import route

channel_routing = [
    route("websocket.connect", join_room, path=r"^/room/"),
    route("websocket.disconnect", leave_room, path=r"^/room/"),
    route("websocket.receive", echo),
    route("bench.noop", noop),
]
