"""WebSocket views: Django's URLs, middleware and decorators for sockets (seed 004)."""
