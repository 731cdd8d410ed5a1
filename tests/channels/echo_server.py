"""For the browser's end: pages with its scripts, and sockets that say back what they get."""

from pathlib import Path
from typing import Any

import channels

JS = Path(channels.__file__).parent / "static" / "channels" / "js"

CLASSIC = '<script src="/js/websocketbridge.js"></script>'
MODULE = """<script type="module">
    import { WebSocketBridge } from "/js/websocketbridge.module.js";
    window.Imported = WebSocketBridge;
</script>"""
PAGES = {"/classic/": CLASSIC, "/module/": MODULE, "/both/": CLASSIC + MODULE}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await serve(scope["path"], send)
    else:
        await receive()
        await talk(scope, receive, send)


async def serve(path: str, send: Any) -> None:
    if path.startswith("/js/"):
        kind, body = b"text/javascript", (JS / path.removeprefix("/js/")).read_bytes()
    else:
        kind, body = b"text/html", f"<!doctype html>{PAGES.get(path, '')}".encode()
    headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def talk(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == "/refused/":
        await send({"type": "websocket.close"})
        return
    protocol = next(iter(scope["subprotocols"]), None)
    await send({"type": "websocket.accept", "subprotocol": protocol})
    while (event := await receive())["type"] == "websocket.receive":
        if event["text"] == '"close"':
            await send({"type": "websocket.close", "code": 4001})
        else:
            await send({"type": "websocket.send", "text": event["text"]})
