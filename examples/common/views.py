from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from examples.common.forms import NickForm
from examples.common.nicks import SESSION_KEY


class NickView(View):
    """Takes the form at the top of every page."""

    def post(self, request: Any) -> HttpResponse:
        form = NickForm(request.POST)
        if form.is_valid():
            request.session[SESSION_KEY] = form.cleaned_data["nick"]
        else:
            messages.error(request, " ".join(form.errors["nick"]))
        here = request.POST.get("next", "")
        allowed = url_has_allowed_host_and_scheme(here, allowed_hosts={request.get_host()})
        return redirect(here if allowed else "index")
