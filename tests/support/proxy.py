"""A way through the network that can be cut without either end being told."""

import socket
import threading


class Proxy:
    """Passes connections on to a port of this machine.

    Args:
        target: the port.

    Attributes:
        port: its own.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._whole: set[socket.socket] = set()
        self._is_cut = False
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def cut(self) -> None:
        """Pass nothing on any more: over new connections until `mend`, over these for ever."""
        self._is_cut = True
        self._whole.clear()

    def mend(self) -> None:
        """Let new connections through again; what was cut stays open, and silent."""
        self._is_cut = False

    def close(self) -> None:
        # Closing alone would not wake the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for end in self._sockets:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            if not self._is_cut:
                self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        self._sockets.append(server)
        self._whole |= {client, server}
        for source, sink in ((client, server), (server, client)):
            # What is small must not wait for what comes after it.
            sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(1 << 16):
                if source not in self._whole:
                    return
                sink.sendall(data)
            if source in self._whole:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            return
