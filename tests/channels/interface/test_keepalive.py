"""Tests of channels.interface.keepalive: every open socket is reported, many at a time."""

import asyncio

import redis

from channels.interface.keepalive import AT_ONCE, CHANNEL, keep_alive
from tests.support.mailboxes import Receiver, opened
from tests.support.waiting import eventually


def messages(count):
    return [{"reply_channel": f"reply!{number}"} for number in range(count)]


def run(layer, scenario, messages, interval):
    """Runs a scenario while keepalives are sent."""

    async def main():
        async with opened(layer, Receiver()) as mailbox:
            task = asyncio.ensure_future(keep_alive(mailbox, messages, interval))
            try:
                await scenario()
            finally:
                task.cancel()

    asyncio.run(main())


async def take(layer, count):
    """The next keepalives."""
    taken = []

    def receive():
        while (message := layer.receive([CHANNEL])[1]) is not None:
            taken.append(message)
        return len(taken) >= count

    await eventually(receive, f"{count} keepalives")
    return taken[:count]


def test_those_that_find_no_room_are_sent_when_there_is(make_layer):
    layer = make_layer(channel_capacity={CHANNEL: 10})

    async def scenario():
        assert await take(layer, 2 * AT_ONCE) == messages(2 * AT_ONCE)

    run(layer, scenario, lambda: messages(2 * AT_ONCE), interval=2)


def test_they_are_sent_again_and_again(make_layer):
    layer, rounds = make_layer(), iter(range(1, 100))

    async def scenario():
        assert await take(layer, 3) == [*messages(1), *messages(2)]

    run(layer, scenario, lambda: messages(next(rounds)), interval=0.5)


def test_many_cost_few_round_trips(redis_layer, redis_url):
    async def scenario():
        before = scripts_run(redis_url)
        await eventually(
            lambda: redis_layer.channel_statistics(CHANNEL)["messages_pending"] == AT_ONCE,
            "the keepalives",
        )
        assert scripts_run(redis_url) - before < AT_ONCE // 2

    run(redis_layer, scenario, lambda: messages(AT_ONCE), interval=0.5)


def scripts_run(url):
    """How many scripts a server has run; every send is one."""
    with redis.Redis.from_url(url) as client:
        return client.info("commandstats")["cmdstat_evalsha"]["calls"]
