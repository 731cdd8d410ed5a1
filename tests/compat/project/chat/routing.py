from channels import route

from .consumers import ws_connect, ws_disconnect, ws_receive

channel_routing = [
    route("websocket.connect", ws_connect, path=r"^/(?P<label>[\w-]+)/$"),
    route("websocket.receive", ws_receive, path=r"^/(?P<label>[\w-]+)/$"),
    route("websocket.disconnect", ws_disconnect, path=r"^/(?P<label>[\w-]+)/$"),
]

# Not behind the path: these messages come from our own consumers.
internal_routing = {
    "chat.messages": "chat.consumers.chat_message",
}
