"""Says of every open socket, again and again, that it is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from channels.interface.messages import Content
from channels.layers.exceptions import ChannelFull
from channels.layers.mailbox import Mailbox

CHANNEL = "websocket.keepalive"
# Sent in one round trip; fewer than the channel's usual capacity, so that workers keep up.
AT_ONCE = 50
# How long those wait for which there was no room.
RETRY_SECONDS = 0.1


async def keep_alive(
    mailbox: Mailbox, messages: Callable[[], Sequence[Content]], interval: float
) -> None:
    """Sends keepalives for ever.

    Arguments:
        mailbox: the way to the layer.
        messages: returns one for each socket that is open.
        interval: seconds between two of a socket. What workers do not take within it is dropped,
            and so is what is due while the layer is away.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        start += interval
        await asyncio.sleep(start - loop.time())
        due = list(messages())
        while due and loop.time() < start + interval:
            due = await _send(mailbox, due[:AT_ONCE]) + due[AT_ONCE:]


async def _send(mailbox: Mailbox, due: Sequence[Content]) -> list[Content]:
    """Sends some at once; returns those that found no room, after a moment."""
    sent = await asyncio.gather(
        *(mailbox.send(CHANNEL, message) for message in due), return_exceptions=True
    )
    refused = [
        message for message, error in zip(due, sent, strict=True) if isinstance(error, ChannelFull)
    ]
    if refused:
        await asyncio.sleep(RETRY_SECONDS)
    return refused
