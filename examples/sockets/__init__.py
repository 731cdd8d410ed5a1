"""WebSocket views with Django's URLs, middleware and forms (seed 004)."""
