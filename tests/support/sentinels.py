"""Debian's Redis, and a primary of it with a replica and the sentinels that watch both."""

import shutil
from pathlib import Path

import redis

from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.programs import missing
from tests.support.valkey import ValkeyServer
from tests.support.waiting import wait_until

SENTINELS = 3
LOGIN = {"username": "app", "password": "app"}
# Applications log in as one user, replicas and sentinels as another.
USERS = [
    *("--user", "default", "off"),
    *("--user", "app", "on", ">app", "~*", "&*", "+@all"),
    *("--user", "guard", "on", ">guard", "~*", "&*", "+@all"),
    *("--masteruser", "guard", "--masterauth", "guard"),
    *("--repl-diskless-sync-delay", "0"),
]
SETTINGS = """
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {service} 127.0.0.1 {primary} 2
sentinel down-after-milliseconds {service} 1000
sentinel failover-timeout {service} 3000
sentinel auth-user {service} guard
sentinel auth-pass {service} guard
"""


def find_redis() -> str:
    """Return the path of redis-server; without one, skip the test, or fail it where CI is set."""
    program = shutil.which("redis-server")
    if program is None:
        missing("Redis", "the tests of it", "Install it with `apt install redis-server`.")
    return program


class Watched:
    """Two servers, one the replica of the other, under three sentinels as service "main".

    Attributes:
        servers: both.
        ports: of the sentinels.
    """

    service = "main"

    def __init__(self, folder: Path) -> None:
        self.servers = [
            ValkeyServer(folder, *USERS, program=find_redis(), login="app:app") for _ in range(2)
        ]
        self.ports = [free_port() for _ in range(SENTINELS)]
        self._sentinels = [self._sentinel(folder / f"sentinel-{port}", port) for port in self.ports]

    def start(self) -> None:
        self.servers[0].start()
        self._start_replica(self.servers[1], self.servers[0])
        for sentinel in self._sentinels:
            sentinel.start()
        wait_until(lambda: all(map(self._state, self.ports)), "the sentinels")
        self.mend()

    def stop(self) -> None:
        for process in (*self._sentinels, *(server.process for server in self.servers)):
            process.stop()

    @property
    def primary(self) -> ValkeyServer:
        """The one that most sentinels name."""
        named = sorted(int(state["port"]) for state in map(self._state, self.ports) if state)
        port = named[len(named) // 2]
        return next(server for server in self.servers if server.port == port)

    def mend(self) -> None:
        """Make the one that is no primary a replica, if need be, that could take over."""
        primary = self.primary
        [other] = [server for server in self.servers if server is not primary]
        if not self._is_replica(other):
            other.kill()
            self._start_replica(other, primary)
        wait_until(lambda: all(map(self._could_fail_over, self.ports)), "sentinels to be content")

    def _start_replica(self, server: ValkeyServer, primary: ValkeyServer) -> None:
        plain = server.process.command
        server.process.command = [*plain, "--replicaof", "127.0.0.1", str(primary.port)]
        server.start()
        server.process.command = plain

    def _is_replica(self, server: ValkeyServer) -> bool:
        if not server.process.is_running():
            return False
        with server.client() as client:
            return bool(client.info("replication")["role"] == "slave")

    def _could_fail_over(self, port: int) -> bool:
        state = self._state(port)
        if state is None or state["num-other-sentinels"] < SENTINELS - 1:
            return False
        with redis.Redis(port=port) as client:
            [replica] = client.sentinel_slaves(self.service) or [None]
        return bool(
            state["flags"] == "master"
            and replica
            and replica["flags"] == "slave"
            and replica["master-link-status"] == "ok"
        )

    def _state(self, port: int) -> dict[str, object] | None:
        with redis.Redis(port=port) as client:
            try:
                return client.sentinel_master(self.service)
            except redis.RedisError:
                return None

    def _sentinel(self, folder: Path, port: int) -> Process:
        folder.mkdir()
        settings = folder / "sentinel.conf"
        primary = self.servers[0].port
        values = {"port": port, "folder": folder, "service": self.service, "primary": primary}
        settings.write_text(SETTINGS.format(**values))
        command = [find_redis(), str(settings), "--sentinel"]
        return Process("sentinel", command, env={}, folder=folder)
