from django.http import HttpResponse

from channels import Group
from channels.handler import AsgiHandler

from .models import Waiting


def announce(message):
    response = HttpResponse(message["text"], content_type="text/plain")
    for chunk in AsgiHandler.encode_response(response):
        # At once: the group is emptied below, and other sends wait until we return.
        Group("longpoll").send(chunk, immediately=True)
    for waiting in Waiting.objects.all():
        Group("longpoll").discard(waiting.reply_channel)
    Waiting.objects.all().delete()


def http_disconnect(message):
    Group("longpoll").discard(message.reply_channel)
    Waiting.objects.filter(reply_channel=message.reply_channel.name).delete()
