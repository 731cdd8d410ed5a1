from consumers import (
    echo,
    echo_to_group,
    join_both,
    join_room,
    leave_both,
    leave_room,
    noop,
    ordered_connect,
    ordered_disconnect,
    ordered_echo,
)

from channels import route

MEMBER = r"^/member/(?P<number>\d+)/"

channel_routing = [
    route("websocket.connect", join_room, path=r"^/room/"),
    route("websocket.disconnect", leave_room, path=r"^/room/"),
    route("websocket.connect", ordered_connect, path=r"^/ordered/"),
    route("websocket.receive", ordered_echo, path=r"^/ordered/"),
    route("websocket.disconnect", ordered_disconnect, path=r"^/ordered/"),
    route("websocket.connect", join_both, path=MEMBER),
    route("websocket.receive", echo_to_group, path=MEMBER),
    route("websocket.disconnect", leave_both, path=MEMBER),
    route("websocket.receive", echo),
    route("bench.noop", noop),
]
