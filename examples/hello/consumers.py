from json import dumps

from django.http import HttpResponse
from django.utils.timezone import now

from channels.handler import AsgiHandler, AsgiRequest
from channels.message import Message


def http_consumer(message: Message) -> None:
    # As text, because the path is the client's and must not become markup.
    response = HttpResponse(content_type="text/plain")
    try:
        parameters = dict(AsgiRequest(message).GET.lists())
    except UnicodeDecodeError:
        response.status_code = 400
        response.write("The query is not UTF-8.")
    else:
        response.write(
            "It is now {} and you've requested {} with {} as request parameters.".format(
                now(), message.content["path"], dumps(parameters)
            )
        )
    for part in AsgiHandler.encode_response(response):
        message.reply_channel.send(part)
