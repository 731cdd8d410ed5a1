"""One page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

TEXT = "the page"


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(TEXT)


urlpatterns = [path("", page)]
