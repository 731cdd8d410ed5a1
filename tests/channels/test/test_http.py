"""The older name of the WebSocket client."""

from channels.test import HttpClient, WSClient


def test_it_is_the_websocket_client():
    assert HttpClient is WSClient
