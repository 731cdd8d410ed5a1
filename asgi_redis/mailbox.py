"""An interface server's access to Redis: one inbox, and the groups of its sockets."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from asgi_redis.aionode import AsyncNode
from asgi_redis.inbox import Gap, Inbox, Question, milliseconds
from asgi_redis.lag import Lag
from asgi_redis.outage import Outage
from asgi_redis.pace import Pace
from asgi_redis.remains import Remains
from asgi_redis.scripts import Command
from channels.layers.exceptions import LayerUnavailable
from channels.layers.mailbox import Mailbox, Receiver, hand_over
from channels.layers.membership import Membership
from channels.layers.outgoing import Outgoing

if TYPE_CHECKING:
    from asgi_redis.layer import RedisChannelLayer

logger = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
READ_BLOCK_MS = 2000
# A read that takes longer than its wait and this is a connection that has died.
READ_SECONDS = 5.0
# A server that takes longer to accept messages is away: clients must not wait for it.
WRITE_SECONDS = 3.0
RETRY_SECONDS = 0.5
# While a server is away, sends fail at once, and one in this time tries it.
AWAY_SECONDS = 0.5
REGISTER_COUNT = 500
# What arrives is handed over for this long at a time.
TAKE_SECONDS = 0.05
NAME_TRIES = 16

Waiting = list[tuple[Outgoing, asyncio.Future[None]]]


class RedisMailbox(Mailbox):
    """One branch for every server of the layer, and what is common to them."""

    def __init__(self, prefix: str, receiver: Receiver, layer: RedisChannelLayer) -> None:
        super().__init__(prefix)
        self._layer = layer
        self._branches: list[Branch] = []
        for index in range(len(layer.nodes)):
            tables = [branch.inbox.members for branch in self._branches]
            self._branches.append(Branch(self.name, receiver, layer, index, tables))

    def new_channel(self) -> str:
        """Returns a fresh name, on a server that answers if there is one."""
        for _ in range(NAME_TRIES):
            name = super().new_channel()
            if not self.is_away(name):
                break
        return name

    def is_away(self, channel: str) -> bool:
        return not self._branch(channel).available

    def has_forgotten(self, since: float) -> bool:
        return any(branch.forgot_at > since for branch in self._branches)

    async def open(self) -> None:
        for branch in self._branches:
            branch.open()

    def send(self, channel: str, message: dict[str, Any]) -> asyncio.Future[None]:
        outgoing = Outgoing.to_channel(channel, message)
        return self._branch(channel).send(outgoing)

    def forget(self, channel: str) -> None:
        for branch in self._branches:
            branch.inbox.members.forget(channel)

    def choke(self, channel: str, choked: bool) -> None:
        commands = self._layer.commands
        command = commands.choke if choked else commands.unchoke
        self._branch(channel).tell(command(self.name, channel))

    def hang_up(self, channel: str) -> None:
        self._branch(channel).tell(self._layer.commands.hang_up(self.name, channel))

    async def close(self) -> None:
        await asyncio.gather(*(branch.close() for branch in self._branches))

    def _branch(self, channel: str) -> Branch:
        return self._branches[self._layer.shard(channel)]


class Branch:
    """The mailbox's part on one server: a connection to read, one to write, one to manage.

    Arguments:
        process: the mailbox's name.
        receiver: what arrives is handed to it.
        layer: the channel layer.
        index: of the server among the layer's nodes.
        others: who is in groups on the servers before this one.

    Attributes:
        inbox: the entries read so far, and the table of groups.
        available: whether the server answered when it was last asked.
        forgot_at: when the server was last found to have lost its memory, or to have been started
            again, which may have lost the end of it.
    """

    def __init__(
        self,
        process: str,
        receiver: Receiver,
        layer: RedisChannelLayer,
        index: int,
        others: Sequence[Membership],
    ) -> None:
        self.inbox = Inbox()
        self.available = True
        self.forgot_at = -math.inf
        self._process = process
        self._index = index
        self._receiver = receiver
        self._layer = layer
        self._others = others
        self._commands = layer.commands
        self._key = layer.keys.inbox(process)
        self._node = AsyncNode(layer.servers[index])
        self._reader = self._node.line(READ_SECONDS)
        self._writer = self._node.line(WRITE_SECONDS)
        self._manager = self._node.line(WRITE_SECONDS)
        self._outage = Outage("Channel layer unavailable")
        self._pace = Pace()
        self._waiting: Waiting = []
        self._writing: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._beat_now = asyncio.Event()
        self._registered: set[str] = set()
        self._clock_offset = 0.0
        self._remains = Remains(self._key, layer.mailbox_capacity)
        self._run = ""
        self._note = ""
        self._heard_at = 0.0
        self._lag = Lag()
        self._diverged = False
        self._retry_at = 0.0
        self._closing = False

    def open(self) -> None:
        """Starts to read and to beat."""
        self._tasks = [
            asyncio.ensure_future(self._forever(self._read)),
            asyncio.ensure_future(self._forever(self._beat)),
        ]

    def send(self, outgoing: Outgoing) -> asyncio.Future[None]:
        """Sends with all others of this loop turn."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((outgoing, future))
        if self._writing is None:
            self._writing = asyncio.ensure_future(self._write())
        return future

    def tell(self, *commands: Command) -> None:
        """Runs commands that may be lost."""
        task = asyncio.ensure_future(self._tell(commands))
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def close(self) -> None:
        """Sends what waits, and leaves Redis as if we had not been there."""
        if self._writing:
            await self._writing
        self._closing = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._manager.execute(self._commands.leave(self._process))
        except LayerUnavailable as error:
            logger.debug("Left without a goodbye: %s", error)
        for line in (self._reader, self._writer, self._manager):
            await line.close()

    async def _forever(self, step: Any) -> None:
        """Repeats a step that never gives up: Redis may be away for long."""
        # A cancellation may be lost in a read that ends at the same moment.
        while not self._closing:
            try:
                await step()
            except LayerUnavailable as error:
                self._outage.meet(error)
                self.available = False
                self._remains.forget()
                self._beat_now.set()
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # a mistake of ours must not make the whole process deaf
                logger.exception("Error in the mailbox %s, will keep trying:", self._process)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read(self) -> None:
        read = ("XREAD", "COUNT", self._pace.begin(), "BLOCK", READ_BLOCK_MS, "STREAMS", self._key)
        removal = self._remains.overdue()
        self._lag.ask(time.monotonic())
        try:
            replies = await self._reader.execute([*removal, (*read, self.inbox.last_id)])
            reply = self._reader.expect(replies)[-1]
        except LayerUnavailable:
            self._lag.fail(time.monotonic())
            raise
        entries = reply[0][1] if reply else []
        self._pace.follow(entries)
        self._lag.answer(time.monotonic(), self._age(entries))
        if entries:
            await self._take(entries)
        self._remains.note(entries)

    def _age(self, entries: Sequence[Any]) -> float:
        """Returns how many seconds ago the last of some entries was written; 0 without any."""
        if not entries:
            return 0.0
        return (self._now_ms() - milliseconds(entries[-1][0].decode())) / 1000

    async def _take(self, entries: Sequence[Any]) -> None:
        oldest = self._now_ms() - self._commands.expiry_ms if self._clock_offset else 0
        pause_at = time.monotonic() + TAKE_SECONDS
        for arrival in self.inbox.follow(entries, oldest, time.monotonic()):
            if time.monotonic() > pause_at:
                # Heartbeats and what the sockets have to be written must go on.
                await asyncio.sleep(0)
                pause_at = time.monotonic() + TAKE_SECONDS
            if isinstance(arrival, Question):
                self.tell(*self._commands.answer(arrival))
                continue
            if isinstance(arrival, Gap):
                self._receiver.lost(arrival.channels)
                continue
            try:
                message = self._layer.decode(arrival.data)
            except ValueError as error:
                logger.error("Dropped a message in our inbox: %s", error)
                self._receiver.lost(arrival.channels)
                continue
            hand_over(self._receiver, arrival.channels, message, arrival.to_group)

    def _now_ms(self) -> float:
        """Returns the time of the server, as far as it is known."""
        return time.monotonic() * 1000 + self._clock_offset

    async def _write(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                await self._write_batch(waiting)
        finally:
            self._writing = None

    async def _write_batch(self, waiting: Waiting) -> None:
        if time.monotonic() < self._retry_at:
            _fail(waiting, LayerUnavailable(f"Redis at {self._writer.address} is away."))
            return
        planned = self._commands.sends([item for item, _ in waiting])
        try:
            commands = [command for command, _ in planned]
            replies = await self._writer.execute([*commands, *self._remains.removal()])
        except LayerUnavailable as error:
            self._retry_at = time.monotonic() + AWAY_SECONDS
            self._beat_now.set()
            _fail(waiting, error)
            return
        sent = self._commands.sent(self._writer.address, planned, replies[: len(planned)])
        # A refused send is known by its place, for the same message may be sent twice.
        refused = {id(refusal.outgoing): refusal.error for refusal in sent.refusals}
        for item, future in waiting:
            if future.done():
                continue
            if id(item) in refused:
                future.set_exception(refused[id(item)])
            else:
                future.set_result(None)

    async def _beat(self) -> None:
        """Says that we are alive, does what all of us have to do, and waits."""
        self._beat_now.clear()
        await self._mend()
        self.available = True
        self._outage.end()
        self._retry_at = 0.0
        # Not beside a heartbeat that may be refused: it would bury this process itself.
        await self._manager.run(self._commands.bury())
        await self._tidy()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._beat_now.wait(), BEAT_SECONDS)

    async def _mend(self) -> None:
        """Says that we are alive, and makes good what Redis does not know any more."""
        # Two primaries have answered, of which each may have got what the other has not.
        self._diverged |= await self._node.follow() and self.available
        known, missed = await self._say_alive()
        if missed or self._diverged:
            self._tell_lost()
        if not known or self._diverged or not self.available:
            await self._register()
        self._diverged = False

    async def _say_alive(self) -> tuple[bool, bool]:
        """Returns whether Redis knew us, and whether we have missed what nobody can name."""
        asked = time.monotonic()
        last = ("XREVRANGE", self._key, "+", "-", "COUNT", 1)
        beat = self._commands.beat(self._process, self._count(), self._run, self._note)
        replies = await self._manager.execute([beat, ("TIME",), last])
        (known, note, run), now, newest = self._manager.expect(replies)
        self._note = note.decode()
        missed = bool(note)
        self._clock_offset = int(now[0]) * 1000 + int(now[1]) / 1000 - asked * 1000
        self._check_last(newest)
        if self._run and not (known and run.decode() == self._run):
            self.forgot_at = time.monotonic()
            missed = missed or self._lag.is_large  # it does not have what we had not read
        missed = missed or self._is_given_up(asked)
        self._lag.begin()
        self._run, self._heard_at = run.decode(), asked
        return bool(known), missed

    def _count(self) -> int:
        """Returns how many channels are in groups here and on no server before this one."""
        members = self.inbox.members
        if not self._others:
            return len(members)
        return len(set(members.members()).difference(*(table.members() for table in self._others)))

    def _is_given_up(self, now: float) -> bool:
        """Returns whether workers have dropped replies: they wait so long for one of several."""
        away = now - self._heard_at if self._heard_at and not self.available else 0
        return len(self._layer.nodes) > 1 and away > self._layer.expiry

    def _check_last(self, last: Sequence[Any]) -> None:
        """Starts over if the inbox began anew, under a clock that is behind the one before."""
        if last and milliseconds(last[0][0].decode()) < milliseconds(self.inbox.last_id) - 1000:
            self.inbox.last_id = "0-0"
            self._remains.forget()

    async def _register(self) -> None:
        groups = sorted(self.inbox.members.groups())
        for part in _parts(groups):
            await self._manager.run(self._commands.register(self._process, part))
        if groups:
            logger.info("Registered %d groups again.", len(groups))

    def _tell_lost(self) -> None:
        """Says that whoever is reached over this server may have missed something."""
        members = self.inbox.members
        affected = {name for name in self._receiver.connections() if self._is_ours(name)}
        affected.update(name for group in members.groups() for name in members.channels(group))
        if affected:
            self._receiver.lost(affected)

    def _is_ours(self, channel: str) -> bool:
        return self._layer.shard(channel) == self._index

    async def _tidy(self) -> None:
        """Leaves groups in which nobody is left, and members that were not added again."""
        members = self.inbox.members
        members.expire(time.monotonic() - self._layer.group_expiry)
        # Somebody may have come and gone since the last time.
        known = self._registered | self.inbox.joined
        self.inbox.joined.clear()
        self._registered = set(members.groups())
        empty = known - self._registered
        # Until Redis says otherwise, for it may be away now.
        self._registered |= empty
        for part in _parts(sorted(empty)):
            # Meanwhile somebody may have come.
            await self._leave([group for group in part if not members.channels(group)])

    async def _leave(self, groups: Sequence[str]) -> None:
        """Leaves groups, and goes back to those whose new member Redis had not heard of."""
        command = self._commands.unregister(self._process, groups, self.inbox.last_id)
        stays = {name.decode() for name in await self._manager.run(command)}
        members, left = self.inbox.members, set(groups) - stays
        self._registered -= left
        # The news of him may have been read, and trimmed, while the script was on its way.
        if back := sorted(group for group in left if members.channels(group)):
            await self._manager.run(self._commands.register(self._process, back))
            self._registered.update(back)
            self._receiver.lost({name for group in back for name in members.channels(group)})

    async def _tell(self, commands: Sequence[Command]) -> None:
        try:
            await self._manager.execute(commands)
        except LayerUnavailable as error:
            logger.debug("Could not tell Redis: %s", error)


def _parts(groups: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yields some groups at a time, so that no script keeps Redis from others for long."""
    for start in range(0, len(groups), REGISTER_COUNT):
        yield groups[start : start + REGISTER_COUNT]


def _fail(waiting: Waiting, error: LayerUnavailable) -> None:
    for _, future in waiting:
        if not future.done():
            future.set_exception(error)
