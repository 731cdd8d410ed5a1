"""As `asgi`, where Daphne finds the packages with which it offers HTTP/2."""

from twisted.web import http

from tests.support.village.asgi import channel_layer  # noqa: F401  what Daphne is told to run

http.H2_ENABLED = True
