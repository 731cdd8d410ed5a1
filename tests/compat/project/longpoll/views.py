from django.http import HttpResponse, JsonResponse

from channels import Channel, Group
from channels.handler import AsgiRequest

from .models import Waiting


def wait(request):
    """Answers as soon as something is announced."""
    Waiting.objects.create(reply_channel=request.reply_channel.name)
    Group("longpoll").add(request.reply_channel)
    raise AsgiRequest.ResponseLater()


def announce(request):
    Channel("longpoll.announce").send({"text": request.GET["text"]})
    return HttpResponse("announced")


def waiting(request):
    return JsonResponse({"waiting": Waiting.objects.count()})
