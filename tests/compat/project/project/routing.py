from channels import include
from longpoll.routing import channel_routing as longpoll_routing

channel_routing = [
    include("chat.routing.channel_routing", path=r"^/chat"),
    include("chat.routing.internal_routing"),
    include("liveblog.routing.channel_routing", path=r"^/liveblog"),
    include("echo.routing.channel_routing", path=r"^/echo"),
    include("jobs.routing.channel_routing"),
    include(longpoll_routing),
]
