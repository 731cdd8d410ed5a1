"""What a worker leaves behind on a channel."""

from __future__ import annotations

from asgi_redis.commands import Commands
from asgi_redis.node import Node


def hand_back_all(
    node: Node, commands: Commands, channel: str, worker: str, died: bool
) -> tuple[int, int]:
    """Puts back what a worker had taken, for others, and has the worker forgotten.

    Arguments:
        node: the channel's server.
        commands: the layer's.
        channel: the channel's name.
        worker: the worker's name.
        died: whether it died, perhaps of one of the messages.

    Returns:
        how many messages were put back, and how many became dead letters.

    Raises:
        LayerUnavailable: some of it may be left.
    """
    total_back = total_dead = 0
    more = 1
    while more:
        back, dead, more = node.run(commands.hand_back(channel, worker, died))
        total_back += back
        total_dead += dead
    return total_back, total_dead
