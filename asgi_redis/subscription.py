"""How a worker takes messages from Redis, and answers for them."""

from __future__ import annotations

import logging
import selectors
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redis.exceptions import ResponseError

from asgi_redis.backlog import Backlog
from asgi_redis.commands import Planned
from asgi_redis.errors import is_stream_missing, is_wrong_type, unavailable
from asgi_redis.estate import hand_back_all
from asgi_redis.heart import Heart, connection_name
from asgi_redis.keys import WORKERS
from asgi_redis.node import Line, Node
from channels.layers import names
from channels.layers.exceptions import LayerUnavailable
from channels.layers.outgoing import Outgoing
from channels.layers.subscription import Delivery, Refusal, Subscription

if TYPE_CHECKING:
    from asgi_redis.layer import RedisChannelLayer

logger = logging.getLogger(__name__)

# How long a worker waits for a message before it looks whether it should stop.
BLOCK_MS = 1000
# A read that takes longer than its wait and this is a connection that has died.
READ_SECONDS = 6.0
# How many of the messages that are its own it asks for at a time.
PENDING_COUNT = 1000


class Share:
    """The channels of a worker that are on one server, and the connection it waits on.

    Arguments:
        layer: the channel layer.
        index: of the server among the layer's nodes.
        worker: the worker's name.
        channels: the names of the channels.
    """

    def __init__(
        self, layer: RedisChannelLayer, index: int, worker: str, channels: Sequence[str]
    ) -> None:
        self.node: Node = layer.nodes[index]
        self.index = index
        self.channels = list(channels)
        # Those that can be waited on.
        self.ready = self.channels
        self.line: Line = self.node.line(READ_SECONDS, connection_name(worker))
        self.once = {channel: layer.is_at_most_once(channel) for channel in channels}
        # Taken and neither settled nor handed back.
        self.taken: dict[str, set[bytes]] = {channel: set() for channel in channels}
        # Whether the connection has to be made (again), and what went wrong with it mended.
        self.broken = True
        # What is done and could not be settled while the server was away; these are taken, too.
        self.late: dict[str, set[bytes]] = {channel: set() for channel in channels}
        # What settles messages before they run, and has not done so.
        self.posted: list[Any] = []
        self.heart = Heart(layer, worker, self)

    def rotate(self) -> None:
        """Puts another channel first, so that a busy one does not keep the others waiting."""
        self.channels = [*self.channels[1:], self.channels[0]]

    @property
    def is_late(self) -> bool:
        """Whether something is left to be settled."""
        return any(self.late.values())


class RedisSubscription(Subscription):
    """A worker's share of its channels, on every server that has some of them.

    What it has taken stays its own until settled, while its heartbeat goes on; then it goes to
    another worker.
    """

    def __init__(self, layer: RedisChannelLayer, channels: Sequence[str]) -> None:
        self.worker = names.random_part()
        self._layer = layer
        self._commands = layer.commands
        self._lock = threading.Lock()
        by_node: dict[int, list[str]] = defaultdict(list)
        for channel in channels:
            by_node[layer.shard(channel)].append(names.check_receivable(channel))
        self._shares = [
            Share(layer, index, self.worker, here) for index, here in sorted(by_node.items())
        ]
        self._share_of = {channel: share for share in self._shares for channel in share.channels}
        # With one server, one round trip does everything.
        self._is_single = len(self._shares) == len(layer.nodes) == 1
        self._backlog = Backlog(layer, self._settle_each)
        for share in self._shares:
            share.heart.start()

    def turn(
        self,
        outgoing: Sequence[Outgoing],
        done: Sequence[Delivery],
        limit: int,
        block: bool = True,
    ) -> tuple[list[Refusal], list[Delivery]]:
        if self._is_single:
            refusals, deliveries = self._turn_at(self._shares[0], outgoing, done, limit)
        else:
            refusals = self.settle(outgoing, done)
            try:
                deliveries = self._read_all(limit)
            except LayerUnavailable:
                if not outgoing and not done:
                    raise
                return refusals, []  # what was sent must not be sent again: the next turn raises
        if block and not deliveries and not refusals:
            deliveries = self._wait()
        return refusals, deliveries

    def settle(self, outgoing: Sequence[Outgoing], done: Sequence[Delivery]) -> list[Refusal]:
        if self._is_single:
            [share] = self._shares
            planned, settling = self._commands.sends(outgoing), self._settling(share, done)
            commands = [command for command, _ in planned] + self._commands_of(settling)
            replies = share.node.execute(commands) if commands else []
            refusals = self._conclude(share, planned, replies)
            self._settled(share, settling, replies[len(planned) :])
            return refusals
        return self._backlog.send(outgoing, done)

    def release(self, deliveries: Sequence[Delivery]) -> None:
        by_channel: dict[str, list[bytes]] = defaultdict(list)
        for delivery in deliveries:
            if delivery.receipt is not None:
                by_channel[delivery.channel].append(delivery.receipt)
            else:
                self._send_again(delivery)
        for channel, ids in by_channel.items():
            share = self._share_of[channel]
            self._forget(share, channel, ids)
            try:
                share.node.run(self._commands.hand_back(channel, self.worker, False, ids))
            except LayerUnavailable as error:
                logger.debug("Handing back later: %s", error)
                share.broken = True  # what is ours there and not taken goes back when it is mended

    def close(self) -> None:
        self._backlog.close()
        for share in self._shares:
            share.heart.stop()
            share.line.close()
            try:
                self._leave(share)
            except LayerUnavailable as error:
                logger.warning("Stopped without handing back messages: %s", error)

    def _send_again(self, delivery: Delivery) -> None:
        """Puts back what was settled when it was read, once at most: it may have arrived."""
        try:
            self._layer.send_again(delivery.channel, delivery.message)
        except LayerUnavailable as error:
            logger.warning("Dropped a message on %s: %s", delivery.channel, error)

    def _leave(self, share: Share) -> None:
        self._settle_late(share)
        for channel in share.channels:
            hand_back_all(share.node, self._commands, channel, self.worker, died=False)
        share.node.execute([("ZREM", self._layer.keys.workers, self.worker)])

    def _turn_at(
        self,
        share: Share,
        outgoing: Sequence[Outgoing],
        done: Sequence[Delivery],
        limit: int,
    ) -> tuple[list[Refusal], list[Delivery]]:
        """Sends, settles and reads in one round trip."""
        planned, settling = self._commands.sends(outgoing), self._settling(share, done)
        commands = [command for command, _ in planned] + self._commands_of(settling)
        commands.append(self._reading(share, limit))
        try:
            if share.broken:
                self._recover(share)
            replies = share.line.execute(commands)
            refusals = self._conclude(share, planned, replies)
        except LayerUnavailable:
            share.broken = True
            raise
        *settled, found = replies[len(planned) :]
        self._settled(share, settling, settled)
        if isinstance(found, ResponseError):
            share.broken = True
            if not planned:
                raise unavailable(share.node.address, found)
            return refusals, []  # what was sent must not be sent again: the next turn raises
        share.broken = share.broken or bool(share.line.refused)
        return refusals, self._deliveries(share, found)

    def _conclude(
        self, share: Share, planned: Sequence[Planned], replies: Sequence[Any]
    ) -> list[Refusal]:
        """Returns what was refused for good of the sends with which a round trip began."""
        replies = replies[: len(planned)]
        return self._layer.conclude(self._commands.sent(share.node.address, planned, replies))

    def _settled(
        self, share: Share, settling: Mapping[str, Sequence[bytes]], replies: Sequence[Any]
    ) -> None:
        """Puts off what was refused of the settling."""
        for (channel, ids), reply in zip(settling.items(), replies, strict=True):
            if _is_refusal(reply):
                self._put_off(share, {channel: ids})
            else:
                self._forget(share, channel, ids)

    def _put_off(self, share: Share, settling: Mapping[str, Sequence[bytes]]) -> None:
        """Keeps what has to be settled before anything else is done, when the server does it."""
        with self._lock:
            for channel, ids in settling.items():
                share.late[channel].update(ids)
        share.broken = True

    def _settle_each(self, done: Sequence[Delivery]) -> None:
        """Settles on every server; where one is away, when it is back."""
        for share in tuple(self._shares):
            settling = self._settling(share, done)
            if not settling:
                continue
            if share.node.away:
                self._put_off(share, settling)
                continue
            try:
                self._settled(share, settling, share.node.execute(self._commands_of(settling)))
            except LayerUnavailable:
                self._put_off(share, settling)

    def _read_all(self, limit: int) -> list[Delivery]:
        """Reads from every server that answers."""
        deliveries: list[Delivery] = []
        failures: list[LayerUnavailable] = []
        for share in self._shares:
            if len(deliveries) >= limit:
                break
            if share.node.away:  # its heart finds out when it is back
                failures.append(share.node.away)
                continue
            try:
                _, found = self._turn_at(share, [], [], limit - len(deliveries))
                deliveries += found
            except LayerUnavailable as error:
                failures.append(error)
        if len(failures) == len(self._shares):
            raise failures[0].with_traceback(None)
        self._shares.append(self._shares.pop(0))
        return deliveries

    def _wait(self) -> list[Delivery]:
        """Waits at every server at once, until one of them has something."""
        waiting = [share for share in self._shares if not share.broken and self._ask(share)]
        if len(waiting) > 1:
            with selectors.DefaultSelector() as selector:
                for share in waiting:
                    selector.register(share.line, selectors.EVENT_READ)
                selector.select(READ_SECONDS)
            for share in waiting:
                self._interrupt(share)
        return [delivery for share in waiting for delivery in self._answer(share)]

    def _ask(self, share: Share) -> bool:
        """Starts to wait at a server; returns whether that was possible."""
        try:
            share.line.write([self._waiting(share)])
        except LayerUnavailable as error:
            self._break(share, error)
            return False
        return True

    def _interrupt(self, share: Share) -> None:
        """Makes a server that has nothing answer at once."""
        if share.node.away:
            self._break(share, share.node.away)
            return
        try:
            share.line.interrupt()
        except LayerUnavailable as error:
            self._break(share, error)

    def _answer(self, share: Share) -> list[Delivery]:
        if share.broken:
            return []
        try:
            return self._finish_read(share, share.line.read([self._waiting(share)])[0])
        except LayerUnavailable as error:
            self._break(share, error)
            return []

    def _break(self, share: Share, error: LayerUnavailable) -> None:
        """Gives a connection up; the next turn mends it, or raises if there is no other."""
        logger.debug("Broken off waiting: %s", error)
        share.line.close()
        share.broken = True

    def _waiting(self, share: Share) -> Any:
        return self._commands.read_blocking(self.worker, share.ready, BLOCK_MS)

    def _finish_read(self, share: Share, reply: Any) -> list[Delivery]:
        if isinstance(reply, ResponseError):
            if not (is_stream_missing(reply) or is_wrong_type(reply)):
                raise unavailable(share.node.address, reply) from reply
            share.ready = self._layer.create_groups(share.node, share.channels)
            return []
        share.ready = share.channels  # what held something else may have been removed
        positions = {self._layer.keys.stream(name): i for i, name in enumerate(share.channels, 1)}
        found = [
            (positions[stream.decode()], entry_id, fields)
            for stream, entries in reply or ()
            for entry_id, fields in entries
        ]
        settled = [
            command
            for position, entry_id, _ in found
            if share.once[share.channels[position - 1]]
            for command in self._commands.drop(share.channels[position - 1], entry_id)
        ]
        if settled:
            share.line.post(settled)
        return self._deliveries(share, found)

    def _reading(self, share: Share, limit: int) -> Any:
        share.rotate()
        once = [share.once[channel] for channel in share.channels]
        return self._commands.read(self.worker, share.channels, once, limit)

    def _deliveries(self, share: Share, found: Sequence[Any]) -> list[Delivery]:
        deliveries = []
        for position, entry_id, fields in found:
            channel = share.channels[position - 1]
            once = share.once[channel]
            try:
                message = self._layer.decode(fields[1])
            except ValueError as error:
                self._bury(share, channel, entry_id, fields, str(error))
                continue
            if once:
                deliveries.append(Delivery(channel, message, tries=_tries(fields)))
                continue
            first_id = _message_id(entry_id, fields)
            deliveries.append(Delivery(channel, message, entry_id, first_id, _tries(fields)))
        with self._lock:
            for delivery in deliveries:
                if delivery.receipt is not None:
                    share.taken[delivery.channel].add(delivery.receipt)
        return deliveries

    def _bury(
        self, share: Share, channel: str, entry_id: bytes, fields: Sequence[bytes], reason: str
    ) -> None:
        """Keeps an entry that is no message for an operator to see."""
        try:
            share.node.run(self._commands.dead_letter(channel, fields[1], reason))
            share.node.expect(share.node.execute(self._commands.drop(channel, entry_id)))
        except LayerUnavailable as error:
            logger.error("Could not put an entry of %s to the dead letters: %s", channel, error)
            share.broken = True  # it goes back when that is mended
            return
        logger.error("Put an entry of %s to the dead letters: %s", channel, reason)

    def _settling(self, share: Share, done: Sequence[Delivery]) -> dict[str, list[bytes]]:
        """Returns what is done at a server: ids by channel."""
        by_channel: dict[str, list[bytes]] = defaultdict(list)
        for delivery in done:
            if delivery.receipt is not None and self._share_of[delivery.channel] is share:
                by_channel[delivery.channel].append(delivery.receipt)
        return by_channel

    def _commands_of(self, settling: Mapping[str, Sequence[bytes]]) -> list[Any]:
        return [self._commands.settle(channel, ids) for channel, ids in settling.items()]

    def _forget(self, share: Share, channel: str, ids: Iterable[bytes]) -> None:
        with self._lock:
            share.taken[channel].difference_update(ids)
            share.late[channel].difference_update(ids)

    def _recover(self, share: Share) -> None:
        """Hands back what was given to us over a connection that broke before we got it."""
        # Others take from a worker that they have never heard of.
        share.heart.beat()
        self._settle_late(share)
        for channel in share.channels:
            for ids in self._pending(share, channel):
                with self._lock:
                    lost = [entry_id for entry_id in ids if entry_id not in share.taken[channel]]
                if lost:
                    share.node.run(self._commands.hand_back(channel, self.worker, False, lost))
        # Who may not make them could only wait in vain.
        share.ready = self._layer.create_groups(share.node, share.channels)
        share.broken = share.is_late

    def _settle_late(self, share: Share) -> None:
        """Settles what could not be settled before; raises LayerUnavailable if it still cannot."""
        share.posted += share.line.unanswered()
        with self._lock:
            late = {channel: list(ids) for channel, ids in share.late.items() if ids}
        commands = [*share.posted, *self._commands_of(late)]
        replies = share.node.execute(commands) if commands else []
        self._settled(share, late, replies[len(share.posted) :])
        answers = zip(share.posted, replies, strict=False)
        share.posted = [command for command, reply in answers if _is_refusal(reply)]
        share.node.expect([reply for reply in replies if _is_refusal(reply)])

    def _pending(self, share: Share, channel: str) -> Iterator[list[bytes]]:
        """Yields the ids of what Redis says is ours, some at a time."""
        stream, start = self._layer.keys.stream(channel), "-"
        while start:
            command = ("XPENDING", stream, WORKERS, start, "+", PENDING_COUNT, self.worker)
            [entries] = share.node.execute([command])
            ids = [] if isinstance(entries, ResponseError) else [entry[0] for entry in entries]
            yield ids
            start = f"({ids[-1].decode()}" if len(ids) == PENDING_COUNT else ""


def _is_refusal(reply: Any) -> bool:
    """Returns whether a message could not be settled; where its key was replaced it is gone."""
    return isinstance(reply, ResponseError) and not is_wrong_type(reply)


def _message_id(entry_id: bytes, fields: Sequence[bytes]) -> str:
    """Returns the id of the message's first entry: handing it back makes another."""
    first = fields[7] if len(fields) > 7 and fields[6] == b"i" else entry_id
    return first.decode(errors="replace")  # somebody else may have written it


def _tries(fields: Sequence[bytes]) -> int:
    """Returns how many workers have died with a message."""
    tries = fields[5] if len(fields) > 5 else b""
    return int(tries) if tries.isdigit() and len(tries) < 10 else 0
