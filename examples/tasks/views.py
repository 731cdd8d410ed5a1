import secrets
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from examples.tasks.queue import queue_task

MAX_BYTES = 10 * 1024 * 1024


class TaskForm(forms.Form):
    picture = forms.ImageField()
    delay_seconds = forms.FloatField(min_value=0, max_value=3600)
    pause_seconds = forms.FloatField(min_value=0, max_value=10)

    def clean_picture(self) -> Any:
        picture = self.cleaned_data["picture"]
        if picture.size > MAX_BYTES:
            raise forms.ValidationError(f"A picture may have {MAX_BYTES // 1024**2} MB.")
        return picture


def index(request: HttpRequest) -> HttpResponse:
    request.session.setdefault("tasks", secrets.token_hex(16))
    return render(request, "tasks/index.html")


@require_POST
def queue(request: HttpRequest) -> JsonResponse:
    """Answer at once; the work is for a worker."""
    form = TaskForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    picture = form.cleaned_data["picture"]
    name = f"pictures/{secrets.token_hex(8)}{PurePath(picture.name).suffix.lower()}"
    data = {
        "name": picture.name,
        "picture": default_storage.save(name, picture),
        "pause_seconds": form.cleaned_data["pause_seconds"],
    }
    owner = request.session.get("tasks", "")
    task = queue_task(data, owner, form.cleaned_data["delay_seconds"])
    return JsonResponse({"task": task.pk}, status=202)
