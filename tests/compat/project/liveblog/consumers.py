from channels.generic.websockets import WebsocketDemultiplexer

from .bindings import PostBinding
from .models import Liveblog


class Demultiplexer(WebsocketDemultiplexer):
    http_user = True

    consumers = {
        "posts": PostBinding.consumer,
    }

    def connection_groups(self, slug, **kwargs):
        return [Liveblog.objects.get(slug=slug).group_name]
