import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from examples.django_websocket.websocket import Waiting

SWITCHING_PROTOCOLS = 101
UPGRADE_REQUIRED = 426


def websocket(view: Callable[..., HttpResponse | None]) -> Callable[..., HttpResponse]:
    """Make a view for sockets: it is called with `(request, websocket, …)`.

    It returns None when it is done with the socket, which is then closed; a response while the
    socket is opening refuses it. Django's decorators for views go around this one.
    """

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        socket = getattr(request, "websocket", None)
        if socket is None:
            return HttpResponse(
                "This address is for WebSockets.",
                status=UPGRADE_REQUIRED,
                headers={"Upgrade": "websocket"},
            )
        try:
            response = view(request, socket, *args, **kwargs)
        except Waiting:
            return HttpResponse(status=SWITCHING_PROTOCOLS)
        if response is None:
            socket.close()
        return response or HttpResponse(status=SWITCHING_PROTOCOLS)

    return wrapper
