"""Tests of channels.layers.memory beyond what every layer does."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from channels.layers.memory import InMemoryChannelLayer
from tests.support.mailboxes import Receiver, opened
from tests.support.waiting import eventually


def test_it_serves_one_process_only():
    assert InMemoryChannelLayer.single_process
    assert InMemoryChannelLayer().receive(["test"]) == (None, None)


def test_messages_that_nobody_reads_do_not_stay_in_memory():
    layer = InMemoryChannelLayer(expiry=0.05)
    for number in range(50):
        layer.send(f"nobody.reads.{number}", {})
    time.sleep(0.1)
    layer.send("test", {})
    assert list(layer._queues) == ["test"]


def test_all_threads_that_wait_get_a_message():
    layer = InMemoryChannelLayer()
    waiting = threading.Barrier(5, timeout=30)

    def read(_):
        waiting.wait()
        while True:
            channel, _ = layer.receive(["test"], block=True)
            if channel:
                return channel

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number) for number in range(4)]
        waiting.wait()
        for _ in range(4):
            layer.send("test", {})
        assert [reader.result(30) for reader in readers] == ["test"] * 4


def test_a_mailbox_hears_of_sends_of_any_thread():
    layer, receiver = InMemoryChannelLayer(), Receiver()

    async def scenario():
        async with opened(layer, receiver) as mailbox:
            channel = mailbox.new_channel()
            with ThreadPoolExecutor(4) as pool:
                for number in range(200):
                    pool.submit(layer.send, channel, {"number": number})
            await eventually(lambda: len(receiver.direct) == 200, "all messages")

    asyncio.run(scenario())


def test_sending_to_a_mailbox_whose_loop_has_ended_harms_nobody():
    layer = InMemoryChannelLayer()

    async def open_only():
        mailbox = layer.open_mailbox("test", Receiver())
        await mailbox.open()
        return mailbox.new_channel()

    layer.send(asyncio.run(open_only()), {})
