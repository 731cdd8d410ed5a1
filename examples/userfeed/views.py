from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from examples.userfeed.consumers import notify_user
from examples.userfeed.tokens import PROTOCOL, token_for


class NotificationForm(forms.Form):
    user_id = forms.IntegerField(min_value=1)
    notification = forms.CharField(max_length=500)

    def clean_user_id(self) -> int:
        user_id: int = self.cleaned_data["user_id"]
        if not get_user_model().objects.filter(pk=user_id).exists():
            raise forms.ValidationError(f"There is no user {user_id}.")
        return user_id


@login_required
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "users": get_user_model().objects.order_by("username"),
        "protocol": PROTOCOL,
        "token": token_for(request.user),
    }
    return render(request, "userfeed/index.html", context)


@login_required
@require_POST
def notify(request: HttpRequest) -> JsonResponse:
    form = NotificationForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    notify_user(**form.cleaned_data)
    return JsonResponse({}, status=202)
