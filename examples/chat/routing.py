from channels import route

ROOM = r"^/(?P<room>.{1,200})/$"

channel_routing = [
    route("websocket.connect", "examples.chat.consumers.ws_connect", path=ROOM),
    route("websocket.receive", "examples.chat.consumers.ws_receive", path=ROOM),
    route("websocket.keepalive", "examples.chat.consumers.ws_keepalive", path=ROOM),
    route("websocket.disconnect", "examples.chat.consumers.ws_disconnect", path=ROOM),
]
