"""What a worker leaves behind on a channel."""

from __future__ import annotations

from asgi_redis.commands import Commands
from asgi_redis.node import Node


def hand_back_all(
    node: Node, commands: Commands, channel: str, worker: str, died: bool
) -> tuple[int, list[bytes]]:
    """Puts back what a worker had taken, for others, and has the worker forgotten.

    Arguments:
        node: the channel's server.
        commands: the layer's.
        channel: the channel's name.
        worker: the worker's name.
        died: whether it died, perhaps of one of the messages.

    Returns:
        how many messages were put back, and those that became dead letters.

    Raises:
        LayerUnavailable: some of it may be left.
    """
    total_back, all_dead, more = 0, [], 1
    while more:
        back, dead, more = node.run(commands.hand_back(channel, worker, died))
        total_back += back
        all_dead += dead
    return total_back, all_dead
