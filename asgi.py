"""The short name of the ASGI entry point: `daphne asgi:channel_layer`."""

from tracker_project.asgi import channel_layer

__all__ = ["channel_layer"]
