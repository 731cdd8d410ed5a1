"""Which consumer reads which channel; `http.request` goes to Django's views by itself."""

channel_routing = {
    "websocket.connect": "tracker.consumers.websocket_connect",
    "websocket.keepalive": "tracker.consumers.websocket_keepalive",
    "websocket.disconnect": "tracker.consumers.websocket_disconnect",
}
