from channels import route

SOCKET = r"^/$"

channel_routing = [
    route("websocket.connect", "examples.tasks.consumers.ws_connect", path=SOCKET),
    route("websocket.receive", "examples.tasks.consumers.ws_receive", path=SOCKET),
    route("websocket.disconnect", "examples.tasks.consumers.ws_disconnect", path=SOCKET),
]

# Messages without a path, for the workers that were started for them.
background_routing = [
    route("tasks.process", "examples.tasks.consumers.process_task"),
    route("tasks.sweep", "examples.tasks.consumers.sweep_tasks"),
]
