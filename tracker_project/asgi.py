"""What the interface servers run: `daphne tracker_project.asgi:channel_layer`.

It reads the settings and opens the channel layer; the application runs on the workers.
"""

import os

from channels.asgi import get_channel_layer

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker_project.settings")

channel_layer = get_channel_layer()
