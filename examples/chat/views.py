from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from examples.chat.models import ChatPresence
from examples.common.forms import RoomForm


def index(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.GET or None)
    if form.is_valid():
        return redirect("chat:room", form.cleaned_data["room"])
    ChatPresence.objects.sweep()
    rooms = ChatPresence.objects.order_by("room").values_list("room", flat=True).distinct()
    return render(request, "chat/index.html", {"form": form, "rooms": rooms})


def room(request: HttpRequest, room: str) -> HttpResponse:
    return render(request, "chat/room.html", {"room": room})
