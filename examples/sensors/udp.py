"""An interface server for UDP: datagrams become `udp.receive` messages, replies datagrams.

It knows nothing of what the datagrams mean. It runs in Twisted's reactor over asyncio, so the
layer's mailbox works in the same loop, and nothing here needs a thread or a lock.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol

from channels.layers.base import BaseChannelLayer
from channels.layers.exceptions import ChannelLayerError
from examples.sensors.addresses import Address, Addresses

logger = logging.getLogger(__name__)

PREFIX = "udp.send"
MAX_BYTES = 1024
TALLY_SECONDS = 1.0


class UdpInterface(DatagramProtocol):
    """Passes datagrams on, and the replies back to where they came from.

    Arguments:
        layer: the channel layer between this server and the workers.

    Attributes:
        counts: datagrams that were not passed on, since they were last told.
    """

    def __init__(self, layer: BaseChannelLayer) -> None:
        self.counts: Counter[str] = Counter()
        self._mailbox = layer.open_mailbox(PREFIX, self)
        self._addresses = Addresses()
        self._tasks: set[asyncio.Future[Any]] = set()

    def startProtocol(self) -> None:
        self._keep(self._mailbox.open())
        self._keep(self._tell_counts())

    def stopProtocol(self) -> Deferred[None]:
        for task in self._tasks:
            task.cancel()
        return Deferred.fromFuture(asyncio.ensure_future(self._mailbox.close()))

    def datagramReceived(self, data: bytes, address: Address) -> None:
        if len(data) > MAX_BYTES:
            self._refuse("oversized", address)
            return
        channel = self._mailbox.new_channel()
        self._addresses.remember(channel, address)
        host = self.transport.getHost()
        self._keep(
            self._pass_on(
                address,
                {
                    "reply_channel": channel,
                    "data": data,
                    "client": list(address),
                    "server": [host.host, host.port],
                },
            )
        )

    # The receiver of the mailbox.

    def connections(self) -> Collection[str]:
        """Nobody: datagrams have no connection."""
        return ()

    def deliver(self, channel: str, message: dict[str, Any]) -> None:
        """A reply; where it goes is forgotten with it."""
        address = self._addresses.take(channel)
        if address is None:
            logger.debug("Dropped a late reply to %s", channel)
        elif isinstance(message.get("data"), bytes):
            self.transport.write(message["data"], address)
        else:
            logger.error("A reply to a datagram has data, in bytes: %.200r", message)

    def deliver_group(self, channels: Collection[str], message: dict[str, Any]) -> None:
        for channel in tuple(channels):
            self.deliver(channel, message)

    def lost(self, channels: Collection[str]) -> None:
        """Replies that were dropped: a sensor that hears nothing says it again."""

    async def _pass_on(self, address: Address, message: dict[str, Any]) -> None:
        try:
            await self._mailbox.send("udp.receive", message)
        except ChannelLayerError as error:
            logger.debug("Refused a datagram: %s", error)
            self._refuse("busy", address)

    def _refuse(self, reason: str, address: Address) -> None:
        self.counts[reason] += 1
        self.transport.write(b'{"error": "%s"}' % reason.encode(), address)

    async def _tell_counts(self) -> None:
        while True:
            await asyncio.sleep(TALLY_SECONDS)
            if self.counts:
                counts = dict(self.counts)
                try:
                    await self._mailbox.send("udp.tally", {"counts": counts})
                except ChannelLayerError:
                    continue  # they are told with the next ones
                self.counts -= Counter(counts)

    def _keep(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
