"""What the interface servers run: `daphne examples.asgi:channel_layer`."""

import os

from channels.asgi import get_channel_layer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.settings")

channel_layer = get_channel_layer()
