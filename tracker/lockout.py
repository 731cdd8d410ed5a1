"""What those see who tried too many passwords."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tracker.problems import problem_response


def locked_out(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """Answer 429, as a page or to a program."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    detail = _("Too many log-ins failed. Wait %(minutes)s minutes, then try again.") % {
        "minutes": seconds // 60
    }
    if request.path.startswith("/api/"):
        response: HttpResponse = problem_response(429, "throttled", detail)
    else:
        response = render(request, "registration/locked_out.html", {"detail": detail}, status=429)
    response["Retry-After"] = str(seconds)
    return response
