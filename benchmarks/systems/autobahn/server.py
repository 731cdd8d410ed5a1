"""What the machine can do at best: Autobahn on Twisted, no layer and no framework.

Takes the port and the way to broadcast: `loop` calls `sendMessage` for every socket, `frames`
encodes the frame once and writes it straight to the system sockets whose transport is idle.
Commands come on standard input, as for the publishing process of the other systems.
"""

import asyncio
import sys

from twisted.internet import asyncioreactor

asyncioreactor.install(asyncio.new_event_loop())  # the reactor that Daphne 4 runs on

from autobahn.twisted.websocket import (  # noqa: E402 - the reactor comes first
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from publish import Publisher  # noqa: E402
from twisted.internet import reactor  # noqa: E402
from twisted.internet.threads import blockingCallFromThread  # noqa: E402

room = set()


class Protocol(WebSocketServerProtocol):
    """Echoes what it gets; a socket opened on /room/ also gets the broadcasts."""

    def onConnect(self, request):
        if request.path == "/room/":
            room.add(self)

    def onMessage(self, payload, isBinary):
        self.sendMessage(payload, isBinary)

    def onClose(self, wasClean, code, reason):
        room.discard(self)


def loop(text):
    payload = text.encode()
    for socket in room:
        socket.sendMessage(payload)


def frames(text):
    payload = text.encode()
    frame = b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload
    for socket in room:
        transport = socket.transport
        if transport.dataBuffer or transport._tempDataBuffer:
            transport.write(frame)
        else:
            transport.socket.send(frame)


def serve(port, broadcast):
    factory = WebSocketServerFactory()
    factory.protocol = Protocol
    reactor.listenTCP(port, factory, backlog=4096, interface="127.0.0.1")
    publisher = Publisher(lambda text: blockingCallFromThread(reactor, broadcast, text))
    reactor.callInThread(publisher.serve)
    reactor.run()


if __name__ == "__main__":
    serve(int(sys.argv[1]), {"loop": loop, "frames": frames}[sys.argv[2]])
