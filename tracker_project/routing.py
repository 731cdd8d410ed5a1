"""Which consumer reads which channel; `http.request` goes to Django's views by itself."""

channel_routing = {
    "websocket.connect": "tracker.consumers.websocket_connect",
    "websocket.receive": "tracker.consumers.websocket_receive",
    "websocket.keepalive": "tracker.consumers.websocket_keepalive",
    "websocket.disconnect": "tracker.consumers.websocket_disconnect",
    "tracker.relay": "tracker.consumers.relay_woken",
}
