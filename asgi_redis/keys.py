"""Names of keys in Redis, and which host has them. No I/O here."""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass

RING_SIZE = 4096
# The one consumer group on every worker channel's stream.
WORKERS = "workers"


@dataclass(frozen=True)
class Keys:
    """Key names below a prefix.

    Arguments:
        prefix: what all keys of the layer begin with.
        stats_prefix: what the keys of its statistics begin with.
        machine: set where worker channels are this machine's own.
    """

    prefix: str
    stats_prefix: str
    machine: str = ""

    def stream(self, channel: str) -> str:
        """A channel that workers read, or a single reader."""
        return f"{self.prefix}channel:{self.machine}{channel}"

    def aside(self, place: str) -> str:
        """A message that came before its turn, of a worker channel."""
        return f"{self.prefix}aside:{self.machine}{place}"

    @property
    def asides(self) -> str:
        """The places of such messages, by when somebody should see to them."""
        return f"{self.prefix}{self.machine}asides"

    def inbox(self, process: str) -> str:
        """What waits for one process, whose channel names begin with `process`."""
        return f"{self.inboxes}{process}"

    def group(self, group: str) -> str:
        """The processes that hold members of a group, and its other members."""
        return f"{self.groups}{group}"

    def groups_of(self, process: str) -> str:
        """The groups that a process is in."""
        return f"{self.memberships}{process}"

    def dropped(self, process: str) -> str:
        """The groups and channels of a process of which messages were dropped."""
        return f"{self.drops}{process}"

    def given_up(self, process: str) -> str:
        """The note that a process was given up for dead, or has missed something otherwise."""
        return f"{self.tombs}{process}"

    def choked(self, process: str) -> str:
        """The channels of a process whose clients do not keep up."""
        return f"{self.prefix}choked:{process}"

    def answer(self, name: str) -> str:
        """Where processes list their members of a group for whoever asked."""
        return f"{self.prefix}answer:{name}"

    @property
    def inboxes(self) -> str:
        return f"{self.prefix}inbox:"

    @property
    def groups(self) -> str:
        return f"{self.prefix}group:"

    @property
    def memberships(self) -> str:
        return f"{self.prefix}groups-of:"

    @property
    def drops(self) -> str:
        return f"{self.prefix}dropped:"

    @property
    def tombs(self) -> str:
        return f"{self.prefix}given-up:"

    @property
    def silence(self) -> str:
        """The note that silence proves nothing: Redis was away, or has forgotten all servers."""
        return f"{self.prefix}silence"

    @property
    def kept(self) -> str:
        """Group messages kept for interface servers that were not heard."""
        return f"{self.prefix}kept"

    @property
    def kept_groups(self) -> str:
        """Which of the kept messages are for which group."""
        return f"{self.prefix}kept-groups"

    @property
    def worker_silence(self) -> str:
        """The note that no worker could be heard for a while."""
        return f"{self.prefix}worker-silence"

    @property
    def processes(self) -> str:
        """Heartbeats of interface servers."""
        return f"{self.prefix}processes"

    @property
    def workers(self) -> str:
        """Heartbeats of workers."""
        return f"{self.prefix}workers"

    @property
    def dead_letters(self) -> str:
        """Messages that cannot be consumed."""
        return f"{self.prefix}dead-letters"

    @property
    def loads(self) -> str:
        """How many channels of each interface server are in groups."""
        return f"{self.prefix}loads"

    @property
    def statistics(self) -> str:
        """Counts of the whole layer."""
        return f"{self.stats_prefix}global"

    def channel_statistics(self, channel: str) -> str:
        """Counts of one channel."""
        return f"{self.stats_prefix}statistics:{channel}"

    @property
    def reapers(self) -> str:
        """Key prefix of who looks for the dead workers of a stream at the moment."""
        return f"{self.prefix}reaper:"


def shard(name: str, hosts: int) -> int:
    """Returns the index of the host for a channel or group, the same in every process.

    Hosts are slices of a ring, so another host moves only a part of the names.
    """
    if hosts == 1:
        return 0
    return (crc32(name.encode()) % RING_SIZE) * hosts // RING_SIZE
