from channels import route
from channels.routing import null_consumer

SOCKET = r"^/$"

channel_routing = [
    route("websocket.connect", "examples.sensors.consumers.ws_connect", path=SOCKET),
    route("websocket.receive", null_consumer, path=SOCKET),
    route("websocket.disconnect", "examples.sensors.consumers.ws_disconnect", path=SOCKET),
]

# Messages without a path, from the interface server for datagrams.
udp_routing = [
    route("udp.receive", "examples.sensors.consumers.udp_receive"),
    route("udp.tally", "examples.sensors.consumers.udp_tally"),
]
