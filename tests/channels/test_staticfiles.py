"""Tests of channels.staticfiles: static files in development."""

import pytest
from django.http import HttpResponse
from django.urls import path

from channels.layers.memory import InMemoryChannelLayer
from channels.message import Message
from channels.staticfiles import StaticFilesConsumer, StaticFilesHandler

pytestmark = pytest.mark.django_db


class Urls:
    urlpatterns = [path("page/", lambda request: HttpResponse("a page"))]


@pytest.fixture(autouse=True)
def _static_folder(settings, tmp_path):
    (tmp_path / "style.css").write_text("body {}")
    settings.STATICFILES_DIRS = [tmp_path]
    settings.STATIC_URL = "/static/"
    settings.ROOT_URLCONF = Urls
    settings.TEMPLATES = []
    settings.MIDDLEWARE = ["django.middleware.http.ConditionalGetMiddleware"]


def respond(url: str, method: str = "GET") -> tuple[int, bytes, dict]:
    layer = InMemoryChannelLayer()
    message = Message(
        {"reply_channel": "test!reply", "method": method, "path": url}, "http.request", layer
    )
    replies = list(StaticFilesHandler()(message))
    content = b"".join(reply["content"] for reply in replies)
    return replies[0]["status"], content, dict(replies[0]["headers"])


def test_a_static_file_is_served():
    status, content, headers = respond("/static/style.css")
    assert (status, content) == (200, b"body {}")
    assert headers[b"Content-Type"] == b"text/css"


def test_an_unknown_static_file_is_not_found():
    assert respond("/static/other.css")[0] == 404


def test_a_path_outside_the_static_folders_is_a_bad_request():
    assert respond("/static/../../../../../../../../etc/passwd")[0] == 400


def test_all_else_is_answered_by_views_and_middleware():
    status, content, headers = respond("/page/")
    assert (status, content) == (200, b"a page")
    assert b"ETag" in headers


def test_static_files_of_another_host_are_none_of_ours(settings):
    settings.STATIC_URL = "https://static.example.com/static/"
    assert respond("/static/style.css")[0] == 404


def test_the_consumer_uses_the_handler():
    assert isinstance(StaticFilesConsumer().handler, StaticFilesHandler)
