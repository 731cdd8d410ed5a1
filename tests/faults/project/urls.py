"""Small and large pages."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

PART_BYTES = 100_000


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def download(request: HttpRequest) -> StreamingHttpResponse:
    """Respond with as many bytes as the query string says."""
    return StreamingHttpResponse(parts(int(request.GET["size"])))


def upload(request: HttpRequest) -> HttpResponse:
    """Respond with how many bytes came, having kept none of them."""
    size = 0
    while part := request.read(PART_BYTES):
        size += len(part)
    return HttpResponse(str(size))


def parts(size: int) -> Iterator[bytes]:
    for start in range(0, size, PART_BYTES):
        yield bytes(min(PART_BYTES, size - start))


urlpatterns = [path("", page), path("download/", download), path("upload/", upload)]
