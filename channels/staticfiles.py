"""Static files in development (the contract, section 2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse

from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.core.handlers.exception import response_for_exception
from django.http.response import HttpResponseBase

from channels.handler import AsgiHandler, ViewConsumer


class StaticFilesHandler(StaticFilesHandlerMixin, AsgiHandler):
    """Serves what is below STATIC_URL from the apps' static folders, all else from views."""

    def __init__(self) -> None:
        self.base_url = urlparse(self.get_base_url())
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:
        # The mixin expects another handler behind it, which has the middleware.
        AsgiHandler.load_middleware(self, is_async)

    def get_response(self, request: Any) -> HttpResponseBase:
        """Returns a static file's response, or what the views answer."""
        if not self._should_handle(request.path):
            return AsgiHandler.get_response(self, request)
        try:
            response: HttpResponseBase = self.serve(request)
        except Exception as error:
            response = response_for_exception(request, error)
        return response


class StaticFilesConsumer(ViewConsumer):
    """The consumer of `http.request` that `runserver` uses."""

    handler_class = StaticFilesHandler
