"""Publishes as synchronous Django code does on Channels 4: through `async_to_sync`."""

from asgiref.sync import async_to_sync
from publish import Publisher

from channels.layers import get_channel_layer

layer = get_channel_layer()
group_send = async_to_sync(layer.group_send)
send = async_to_sync(layer.send)

Publisher(
    lambda text: group_send("room", {"type": "room.message", "text": text}),
    lambda content: send("bench.noop", dict(content, type="bench.noop")),
).serve()
