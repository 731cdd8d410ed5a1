"""The trivial Django view that every system serves, one that is sent much, and their URLs."""

from django.http import HttpResponse

try:
    from django.urls import re_path
except ImportError:  # Django 1.11, which the original stack runs on
    from django.conf.urls import url as re_path


def hello(request):
    """Answer every request with the same short text."""
    return HttpResponse("Hello, world", content_type="text/plain")


def upload(request):
    """Answer with the number of bytes that the request brought."""
    return HttpResponse(str(len(request.body)), content_type="text/plain")


urlpatterns = [re_path(r"^$", hello), re_path(r"^upload/$", upload)]
