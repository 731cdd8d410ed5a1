"""What processes take of the machine's memory, and a layer of Redis'."""

from pathlib import Path
from typing import Any

from tests.faults.crowd import Member
from tests.support.processes import Process
from tests.support.valkey import ValkeyServer

MIB = 1024 * 1024


class Memory:
    """The resident memory of a process, since this was made; all sizes are in MiB.

    Args:
        process: it runs.
    """

    def __init__(self, process: Process) -> None:
        self._folder = Path(f"/proc/{process.pid}")
        (self._folder / "clear_refs").write_text("5")  # the peak begins anew, at the present size
        self._start = self.size()

    def size(self) -> float:
        """Return the present size."""
        return self._field("VmRSS")

    def peak(self) -> float:
        """Return by how much it was larger than at the start, however short that was."""
        return self._field("VmHWM") - self._start

    def _field(self, name: str) -> float:
        for line in (self._folder / "status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) / 1024
        raise AssertionError(f"no {name} of {self._folder}")


def used_memory(valkey: ValkeyServer) -> float:
    """Return what a server has allocated, in MiB."""
    with valkey.client() as client:
        return int(info(client, "memory")["used_memory"]) / MIB


def connections(valkey: ValkeyServer) -> int:
    """Return how many connections a server has, but for the one that asks."""
    with valkey.client() as client:
        return int(info(client, "clients")["connected_clients"]) - 1


def in_kernel(member: Member) -> int:
    """Return how many bytes for a socket the kernel has, which neither side sees any more.

    Those that were sent and not received (of the server's end) and received and not read.
    """
    own, port = member.socket.getsockname()[1], member.port
    waiting = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, _, queues, *_ = line.split()
        ends = int(local.split(":")[1], 16), int(remote.split(":")[1], 16)
        sent, received = (int(size, 16) for size in queues.split(":"))
        if ends == (port, own):
            waiting += sent
        elif ends == (own, port):
            waiting += received
    return waiting


def info(client: Any, section: str) -> dict[str, Any]:
    return dict(client.info(section))
