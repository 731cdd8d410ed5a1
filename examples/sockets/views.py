"""WebSocket views; `websocket_urls.py` has their addresses."""

import json
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest

from channels import Group
from examples.django_websocket.decorators import websocket
from examples.django_websocket.websocket import Frame, WebSocket
from examples.sockets.forms import ChatForm

CHAT = "sockets_chat"
ANSWERS = {"ping": "pong", "pong": "ping"}


@websocket
def echo(request: HttpRequest, websocket: WebSocket) -> None:
    """Say back what was said."""
    while not websocket.closed:
        data = websocket.receive()
        if data is not None:
            websocket.send(data)


@websocket
def ping(request: HttpRequest, websocket: WebSocket) -> None:
    """Play ping-pong; anything else gets no answer."""
    while not websocket.closed:
        data = websocket.receive()
        if data in ANSWERS:
            websocket.send(ANSWERS[data])


@websocket
def chat(request: HttpRequest, websocket: WebSocket) -> None:
    """Say to all windows what one of them says, under any name and in any colour."""
    websocket.join(CHAT)
    while not websocket.closed:
        form = ChatForm(parse(websocket.receive()))
        if form.is_valid():
            Group(CHAT).send({"text": json.dumps(form.cleaned_data)})
        else:
            websocket.send(json.dumps({"errors": form.errors}))


@login_required
@websocket
def me(request: HttpRequest, websocket: WebSocket) -> None:
    """Say who is signed in; a socket of somebody who is not, or not any more, is closed."""
    while not websocket.closed:
        websocket.send(request.user.get_username())
        websocket.receive()


@websocket
def fail(request: HttpRequest, websocket: WebSocket) -> None:
    """Raise, to show what becomes of the socket."""
    websocket.receive()
    raise RuntimeError("This view always fails.")


def parse(data: Frame | None) -> dict[str, Any]:
    """Return the JSON object in a frame; without one the form will say what is missing."""
    try:
        fields = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
