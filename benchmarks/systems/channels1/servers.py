"""A hundred interface servers without sockets in one process; for this project's layer only.

Obeys one command a line on standard input, prints one answer a line.

- `join COUNT`: COUNT channels, spread over the servers, join the group; answers how many have.
- `total`: answers how many members all messages so far have reached, added up.
"""

import asyncio
import os
import sys

from asgi_redis import RedisChannelLayer

SERVERS = 100
AT_ONCE = 500  # memberships a round trip


class Servers:
    """Mailboxes as interface servers open them, and a count in place of their sockets."""

    def __init__(self) -> None:
        self.members = 0
        self.reached = 0
        self.layer = RedisChannelLayer(
            hosts=[os.environ["BENCH_REDIS_URL"]], prefix=os.environ["BENCH_PREFIX"]
        )
        self.mailboxes = [self.layer.open_mailbox("bench.server", self) for _ in range(SERVERS)]

    def connections(self):
        """Return nothing: there are no sockets."""
        return ()

    def deliver(self, channel, message) -> None:
        """Ignore what is not for the group."""

    def deliver_group(self, channels, message) -> None:
        """Count the members that a message is for."""
        self.reached += len(channels)

    def lost(self, channels) -> None:
        """Say that an inbox was too small for this benchmark."""
        print(f"lost messages for {len(channels)} channels", file=sys.stderr)

    async def serve(self) -> None:
        """Open the mailboxes and obey commands until standard input is closed."""
        for mailbox in self.mailboxes:
            await mailbox.open()
        while line := await asyncio.to_thread(sys.stdin.readline):
            command, *numbers = line.split()
            answer = await getattr(self, command)(*map(int, numbers))
            print(answer, flush=True)

    async def join(self, count: int) -> int:
        """Add `count` more members, and return how many there are once all are known."""
        self.members += count
        await asyncio.to_thread(self.add, count)
        expected = self.reached + self.members
        await asyncio.to_thread(self.layer.send_group, "room", {"text": "joined"})
        while self.reached < expected:
            await asyncio.sleep(0.1)
        return self.members

    async def total(self) -> int:
        """Return how many members all messages so far have reached, added up."""
        return self.reached

    def add(self, count: int) -> None:
        """Tell each server, through its inbox, of its share of the new members."""
        for mailbox in self.mailboxes:
            channels = [mailbox.new_channel() for _ in range(count // SERVERS)]
            for start in range(0, len(channels), AT_ONCE):
                part = channels[start : start + AT_ONCE]
                self.layer.nodes[0].execute(
                    [self.layer.commands.group_add("room", channel) for channel in part]
                )


if __name__ == "__main__":
    asyncio.run(Servers().serve())
