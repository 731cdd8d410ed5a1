from channels import route

channel_routing = [
    route("websocket.connect", "examples.django_websocket.consumers.ws_connect"),
    route("websocket.receive", "examples.django_websocket.consumers.ws_receive"),
    route("websocket.disconnect", "examples.django_websocket.consumers.ws_disconnect"),
]
