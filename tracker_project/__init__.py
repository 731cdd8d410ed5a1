"""Wiring of the tracker: settings, URLs, channel routing and the ASGI entry point."""
