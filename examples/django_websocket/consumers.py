from django.http.response import HttpResponseBase

from channels import Group
from channels.message import Message
from channels.security.websockets import allowed_hosts_only
from channels.sessions import enforce_ordering
from examples.django_websocket.decorators import SWITCHING_PROTOCOLS
from examples.django_websocket.handshake import call_view, pack
from examples.django_websocket.websocket import WebSocket

FORBIDDEN = 403
INTERNAL_ERROR = 1011  # RFC 6455, section 7.4.1
# A close code for every status of HTTP, in the range for private use.
PRIVATE_CODES = 4000


@enforce_ordering
@allowed_hosts_only
def ws_connect(message: Message) -> None:
    handshake = pack(message)
    websocket = WebSocket()
    response = call_view(message, handshake, websocket)
    if response.status_code != SWITCHING_PROTOCOLS and response.status_code < 500:
        message.reply_channel.send({"accept": False, "status": error_status(response)})
        return
    message.reply_channel.send({"accept": True})
    message.channel_session["handshake"] = handshake
    conclude(message, websocket, response)


@enforce_ordering
def ws_receive(message: Message) -> None:
    frame = message["text"] if message.get("text") is not None else message["bytes"]
    call_again(message, WebSocket(frame))


@enforce_ordering
def ws_disconnect(message: Message) -> None:
    call_again(message, WebSocket(None))


def call_again(message: Message, websocket: WebSocket) -> None:
    """Call the view, unless it has already returned or failed."""
    handshake = message.channel_session.get("handshake")
    if handshake is not None:
        conclude(message, websocket, call_view(message, handshake, websocket))


def conclude(message: Message, websocket: WebSocket, response: HttpResponseBase) -> None:
    """Do what the view wants done; close the socket if its request has failed."""
    for group in websocket.groups:
        Group(group).add(message.reply_channel)
    for reply in websocket.replies:
        message.reply_channel.send(reply)
    if response.status_code >= 500:
        message.reply_channel.send({"close": INTERNAL_ERROR})
    elif response.status_code != SWITCHING_PROTOCOLS:
        message.reply_channel.send({"close": PRIVATE_CODES + error_status(response)})
    elif not websocket.closed:
        return
    del message.channel_session["handshake"]


def error_status(response: HttpResponseBase) -> int:
    """Return the status with which a socket is refused; it cannot follow a redirect to a login."""
    return response.status_code if response.status_code >= 400 else FORBIDDEN
