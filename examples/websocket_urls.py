"""Addresses of the WebSocket views: the WEBSOCKET_URLCONF setting names this module."""

from django.urls import include, path

urlpatterns = [path("sockets/", include("examples.sockets.websocket_urls"))]
