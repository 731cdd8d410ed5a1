"""Free ports for the servers of the tests."""

import random
import socket

# Below those of outgoing connections: one of these could take a port between the moment in which
# it is found and the one in which a server listens on it, which may be many seconds later.
PORTS = range(10_000, 32_000)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
