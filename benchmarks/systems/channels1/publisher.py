"""Publishes as any Django code does: `Group.send` and `Channel.send`."""

import django
from publish import Publisher

from channels import Channel, Group

django.setup()

room = Group("room")
noop = Channel("bench.noop")
Publisher(lambda text: room.send({"text": text}), noop.send).serve()
