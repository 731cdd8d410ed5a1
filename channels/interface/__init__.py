"""The interface server: connections to messages and back, as an ASGI 3 application.

It imports settings and the layer, and nothing of the application behind the workers.
"""
