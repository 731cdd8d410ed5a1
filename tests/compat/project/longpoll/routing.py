channel_routing = {
    "longpoll.announce": "longpoll.consumers.announce",
    "http.disconnect": "longpoll.consumers.http_disconnect",
}
