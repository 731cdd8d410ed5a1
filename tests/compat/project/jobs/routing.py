from channels import route

channel_routing = [
    route("jobs.square", "jobs.consumers.square"),
    route("websocket.connect", "jobs.consumers.connect", path="^/jobs/$"),
]
