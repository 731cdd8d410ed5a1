"""What an interface server may run just as well: the layer below a middleware, beside another
application."""

from tests.support.village.asgi import channel_layer


class Shouting:
    """A middleware: it adds a header to responses and makes frames louder."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        async def shout(event):
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event["headers"], (b"x-voice", b"loud")]}
            elif event.get("text"):
                event = {**event, "text": event["text"].upper()}
            await send(event)

        await self.application(dict(scope), receive, shout)


class Listening:
    """A middleware that changes nothing but what clients say: it hears them louder."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        async def listen():
            event = await receive()
            return {**event, "text": event["text"].upper()} if event.get("text") else event

        await self.application(scope, listen, send)


async def count(receive, send):
    """Answers with the length of the body, or fails in the middle of its answer without one."""
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event["body"]), event["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size, "more_body": not size})
    if not size:
        raise ValueError("Nothing to count.")


async def application(scope, receive, send):
    if scope["path"] == "/count/":
        await count(receive, send)
    elif (b"x-middleware", b"listening") in scope["headers"]:
        await Listening(channel_layer)(scope, receive, send)
    else:
        await Shouting(channel_layer)(scope, receive, send)
