from channels import route

ROOM = r"^/(?P<room>.{1,200})/$"

channel_routing = [
    route("websocket.connect", "examples.notices.consumers.ws_connect", path=ROOM),
    route("websocket.receive", "examples.notices.consumers.ws_receive", path=ROOM),
    route("websocket.keepalive", "examples.notices.consumers.ws_keepalive", path=ROOM),
    route("websocket.disconnect", "examples.notices.consumers.ws_disconnect", path=ROOM),
]
