"""Free ports for the servers of the tests."""

import random
import socket
import sys
from collections import deque

# Below those of outgoing connections: one of these could take a port between the moment in which
# it is found and the one in which a server listens on it, which may be many seconds later.
PORTS = range(10_000, 32_000)

# Sockets bound to the ports that were returned last. They do not listen, so a server can, but the
# tests of another process are not given the same port before it does.
KEPT = 100
_kept: deque[socket.socket] = deque()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    while True:
        port = random.choice(PORTS)
        place = socket.socket()
        try:
            place.bind(("127.0.0.1", port))
        except OSError:
            place.close()
            continue
        _keep(place)
        return port


def _keep(place: socket.socket) -> None:
    if sys.platform != "linux":  # where the server could not bind beside it
        place.close()
        return
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _kept.append(place)
    if len(_kept) > KEPT:
        _kept.popleft().close()
