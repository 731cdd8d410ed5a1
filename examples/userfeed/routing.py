from channels import route
from channels.routing import null_consumer

FEED = r"^/$"

channel_routing = [
    route("websocket.connect", "examples.userfeed.consumers.ws_connect", path=FEED),
    route("websocket.receive", null_consumer, path=FEED),
    route("websocket.disconnect", "examples.userfeed.consumers.ws_disconnect", path=FEED),
]
