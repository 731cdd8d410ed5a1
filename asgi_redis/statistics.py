"""What a layer has counted (the contract, section 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from asgi_redis.commands import PROCESS_TTL_MS
from asgi_redis.heart import SUSPECT_MS
from asgi_redis.keys import WORKERS, Keys
from asgi_redis.node import Node
from channels.layers.exceptions import LayerUnavailable, PartlyUnavailable

COUNTS = ("messages_count", "channel_full_count", "group_drops", "redeliveries")


def of_layer(nodes: Sequence[Node], keys: Keys) -> dict[str, int]:
    """Returns the counts of a whole layer.

    Returns:
        messages_count: sends that were taken.
        channel_full_count: sends that were refused.
        group_drops: group messages that an interface server had no room for.
        redeliveries: messages that went to another worker because theirs died.
        dead_letters: messages kept for an operator.
        members: channels of living interface servers that are in groups.
        servers: living interface servers.
        workers: living workers.

    Raises:
        LayerUnavailable: none of the nodes answers.
        PartlyUnavailable: some do not; it has the counts of the others.
    """
    total: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    all_servers: set[bytes] = set()
    all_workers: set[bytes] = set()
    failures: list[LayerUnavailable] = []
    for node in nodes:
        try:
            now, counts, dead, loads, servers, workers = _ask(node, keys)
        except LayerUnavailable as error:
            failures.append(error)
            continue
        total.update(_integers(counts))
        total.update(dead_letters=dead, members=sum(map(int, loads)))
        now_ms = int(now[0]) * 1000
        # Each may be known to several nodes.
        all_servers |= _alive(servers, now_ms - PROCESS_TTL_MS)
        all_workers |= _alive(workers, now_ms - SUSPECT_MS)
    if len(failures) == len(nodes):
        raise failures[0]
    known = {**total, "servers": len(all_servers), "workers": len(all_workers)}
    if failures:
        raise PartlyUnavailable("; ".join(map(str, failures)), known)
    return known


def of_channel(node: Node, keys: Keys, channel: str) -> dict[str, Any]:
    """Returns the counts of one worker channel.

    Returns:
        messages_count: sends that were taken.
        channel_full_count: sends that were refused.
        messages_pending: messages that wait for a worker.
        messages_running: messages that a worker has and has not finished.
        messages_max_age: seconds that the oldest of both has been there.
    """
    stream = keys.stream(channel)
    counts, length, oldest, taken, now = node.execute(
        [
            ("HGETALL", keys.channel_statistics(channel)),
            ("XLEN", stream),
            ("XRANGE", stream, "-", "+", "COUNT", 1),
            ("XPENDING", stream, WORKERS),
            ("TIME",),
        ]
    )
    node.expect([counts, length, oldest, now])
    running = 0 if isinstance(taken, ResponseError) else taken[0]
    age = int(now[0]) + int(now[1]) / 1e6 - _born_ms(oldest[0]) / 1000 if oldest else 0.0
    return {
        "messages_count": 0,
        "channel_full_count": 0,
        **_integers(counts),
        "messages_pending": length - running,
        "messages_running": running,
        "messages_max_age": max(age, 0.0),
    }


def _ask(node: Node, keys: Keys) -> list[Any]:
    return node.expect(
        node.execute(
            [
                ("TIME",),
                ("HGETALL", keys.statistics),
                ("XLEN", keys.dead_letters),
                ("HVALS", keys.loads),
                ("ZRANGE", keys.processes, 0, -1, "WITHSCORES"),
                ("ZRANGE", keys.workers, 0, -1, "WITHSCORES"),
            ]
        )
    )


def _integers(pairs: Sequence[bytes]) -> dict[str, int]:
    return {name.decode(): int(value) for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _alive(beats: Sequence[bytes], since_ms: int) -> set[bytes]:
    scores = zip(beats[::2], beats[1::2], strict=True)
    return {name for name, score in scores if float(score) >= since_ms}


def _born_ms(entry: Any) -> int:
    """Returns when a message was sent; one that was handed back is in another entry since."""
    entry_id, fields = entry
    return int(fields[3] if fields[2:3] == [b"b"] else entry_id.partition(b"-")[0])
