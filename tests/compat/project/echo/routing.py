from channels import route, route_class

from .consumers import Demultiplexer, PlainEcho, guarded_connect

channel_routing = [
    route_class(Demultiplexer, path=r"^/streams/$"),
    PlainEcho.as_route(path=r"^/plain/$"),
    PlainEcho.as_route(path=r"^/closing/$", attrs={"groups": ["closing"]}),
    route("websocket.connect", guarded_connect, path=r"^/guarded/$"),
]
