"""What watches the server asks: is it alive, is it ready, how is it doing."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from channels import DEFAULT_CHANNEL_LAYER, channel_layers
from channels.layers.exceptions import ChannelLayerError
from tracker import metrics as measured


def healthz(request: HttpRequest) -> HttpResponse:
    """200 as soon as an interface server and a worker run."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the database and the channel layer answer, otherwise 503 with what does not."""
    problems = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        problems["database"] = str(error)
    try:
        channel_layers[DEFAULT_CHANNEL_LAYER].ping()
    except ChannelLayerError as error:
        problems["channel_layer"] = str(error)
    status = 503 if problems else 200
    return JsonResponse({"ready": not problems, "problems": problems}, status=status)


def metrics(request: HttpRequest) -> HttpResponse:
    """Everything for Prometheus."""
    return HttpResponse(measured.render(), content_type=CONTENT_TYPE_LATEST)
