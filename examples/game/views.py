import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from examples.common.forms import RoomForm
from examples.game.models import GamePresence


def index(request: HttpRequest) -> HttpResponse:
    form = RoomForm(request.GET or None)
    if form.is_valid():
        return redirect("game:room", form.cleaned_data["room"])
    GamePresence.objects.sweep()
    rooms = GamePresence.objects.order_by("room").values_list("room", flat=True).distinct()
    return render(request, "game/index.html", {"form": form, "rooms": rooms})


def room(request: HttpRequest, room: str) -> HttpResponse:
    # Everybody sees it, but only this browser's session makes its moves.
    request.session.setdefault("player", secrets.token_hex(8))
    return render(request, "game/room.html", {"room": room})
