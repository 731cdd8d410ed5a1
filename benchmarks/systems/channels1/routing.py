from consumers import (
    echo,
    join_room,
    leave_room,
    noop,
    ordered_connect,
    ordered_disconnect,
    ordered_echo,
)

from channels import route

channel_routing = [
    route("websocket.connect", join_room, path=r"^/room/"),
    route("websocket.disconnect", leave_room, path=r"^/room/"),
    route("websocket.connect", ordered_connect, path=r"^/ordered/"),
    route("websocket.receive", ordered_echo, path=r"^/ordered/"),
    route("websocket.disconnect", ordered_disconnect, path=r"^/ordered/"),
    route("websocket.receive", echo),
    route("bench.noop", noop),
]
