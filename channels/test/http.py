"""The older name of the WebSocket client (the contract, section 2)."""

from channels.test.websocket import WSClient as HttpClient

__all__ = ["HttpClient"]
