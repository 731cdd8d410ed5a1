"""What a layer has counted (the contract, section 1)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from redis.exceptions import ResponseError

from asgi_redis.commands import PROCESS_TTL_MS
from asgi_redis.heart import SUSPECT_MS
from asgi_redis.keys import WORKERS, Keys, shard
from asgi_redis.node import Node
from channels.layers.exceptions import LayerUnavailable, PartlyUnavailable

COUNTS = ("messages_count", "channel_full_count", "group_drops", "redeliveries")


class Survey(NamedTuple):
    """What a layer has counted, as far as its servers answer.

    Fields:
        total: as `of_layer` returns it; empty if no server answers.
        servers: by address, the counts that each server has of them.
        away: by address, what is wrong with a server that does not answer.
        channels: by name, as `of_channel` returns it.
        unknown: by name, why a channel is not among those.
    """

    total: dict[str, int]
    servers: dict[str, dict[str, int]]
    away: dict[str, LayerUnavailable]
    channels: dict[str, dict[str, Any]]
    unknown: dict[str, LayerUnavailable]


class _Heard(NamedTuple):
    """What one server tells: its counts, and who is alive; others may know them too."""

    counts: dict[str, int]
    servers: set[bytes]
    workers: set[bytes]


def survey(nodes: Sequence[Node], keys: Keys, channels: Iterable[str]) -> Survey:
    """Returns the counts of a layer and of channels; waits for a server that is away only once."""
    found, heard = Survey({}, {}, {}, {}, {}), []
    by_node = defaultdict(list)
    for channel in channels:
        by_node[shard(channel, len(nodes))].append(channel)
    for index, node in enumerate(nodes):
        try:
            heard.append(_ask(node, keys))
        except LayerUnavailable as error:
            found.away[node.address] = error
            found.unknown.update(dict.fromkeys(by_node[index], error))
            continue
        found.servers[node.address] = heard[-1].counts
        _survey_channels(node, keys, by_node[index], found)
    return found._replace(total=_total(heard)) if heard else found


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
    found = survey(nodes, keys, ())
    failures = list(found.away.values())
    if not found.servers:
        raise failures[0]
    if failures:
        raise PartlyUnavailable("; ".join(map(str, failures)), found.total)
    return found.total


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


def _survey_channels(node: Node, keys: Keys, channels: Sequence[str], found: Survey) -> None:
    for channel in channels:
        try:
            found.channels[channel] = of_channel(node, keys, channel)
        except LayerUnavailable as error:
            found.unknown[channel] = error


def _ask(node: Node, keys: Keys) -> _Heard:
    now, counts, dead, loads, servers, workers = node.expect(
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
    now_ms = int(now[0]) * 1000
    known = {**dict.fromkeys(COUNTS, 0), **_integers(counts)}
    return _Heard(
        {**known, "dead_letters": dead, "members": sum(map(int, loads))},
        _alive(servers, now_ms - PROCESS_TTL_MS),
        _alive(workers, now_ms - SUSPECT_MS),
    )


def _total(heard: Sequence[_Heard]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in heard:
        total.update(one.counts)
    servers = set().union(*(one.servers for one in heard))
    workers = set().union(*(one.workers for one in heard))
    return {**total, "servers": len(servers), "workers": len(workers)}


def _integers(pairs: Sequence[bytes]) -> dict[str, int]:
    return {name.decode(): int(value) for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _alive(beats: Sequence[bytes], since_ms: int) -> set[bytes]:
    scores = zip(beats[::2], beats[1::2], strict=True)
    return {name for name, score in scores if float(score) >= since_ms}


def _born_ms(entry: Any) -> int:
    """Returns when a message was sent; one that was handed back is in another entry since."""
    entry_id, fields = entry
    return int(fields[3] if fields[2:3] == [b"b"] else entry_id.partition(b"-")[0])
