from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from examples.common.forms import RoomForm
from examples.notices.consumers import send_channel_msg, send_group_msg
from examples.notices.models import Clients


class MessageForm(RoomForm):
    """A message for a room, or for one client in it."""

    client = forms.ModelChoiceField(
        Clients.objects, required=False, error_messages={"invalid_choice": "It is gone."}
    )
    message = forms.CharField(max_length=1000)


def index(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.GET or None)
    if form.is_valid():
        return redirect("notices:room", form.cleaned_data["room"])
    Clients.objects.sweep()
    rooms = Clients.objects.order_by("room").values_list("room", flat=True).distinct()
    return render(request, "notices/index.html", {"form": form, "rooms": rooms})


def room(request: HttpRequest, room: str) -> HttpResponse:
    Clients.objects.sweep()
    clients = Clients.objects.filter(room=room).order_by("pk")
    return render(request, "notices/room.html", {"room": room, "clients": clients})


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Send from a view: to everyone in a room, or to one client."""
    form = MessageForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.errors.as_text())
        return redirect("notices:index")
    room, client, message = (form.cleaned_data[key] for key in ("room", "client", "message"))
    if client:
        send_channel_msg(client.channel_name, message)
    else:
        send_group_msg(room, message)
    return redirect("notices:room", room)
