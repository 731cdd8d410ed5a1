"""Delay servers as processes, with a Valkey and a database file of their own."""

import signal
import sqlite3
import sys
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from asgi_redis import RedisChannelLayer
from channels.layers.exceptions import LayerUnavailable
from tests.support.processes import Process, started
from tests.support.waiting import wait_until


class Servers:
    """Delay servers that share a database and a Valkey."""

    def __init__(self, folder, valkey, count=2):
        self.folder = folder
        self.env = {
            "DJANGO_SETTINGS_MODULE": "tests.channels.delay.settings",
            "DATABASE_NAME": str(folder / "db.sqlite3"),
            "REDIS_URL": valkey.url,
        }
        self.layer = RedisChannelLayer(hosts=[valkey.url], capacity=1000)
        self.processes = [
            self.process(f"delay-{n}", "rundelay", "--sleep", "0.05", "-v2") for n in range(count)
        ]

    def process(self, name, *arguments):
        command = [sys.executable, "-X", "dev", "-m", "django", *arguments]
        return Process(name, command, env=self.env, folder=self.folder)

    def start(self):
        self.process("migrate", "migrate", "-v0").run()
        for process in self.processes:
            process.start()
            process.wait_for_output("Listening on asgi.delay")

    def stop(self):
        for process in self.processes:
            process.stop()

    def ask(self, n, delay):
        message = {"channel": "work", "content": {"n": n}, "delay": delay}
        self.layer.send("asgi.delay", message)

    def arrived(self, count):
        """The numbers of the first messages that arrive."""
        numbers = []

        def enough():
            while (message := self.receive()) is not None:
                numbers.append(message["n"])
            return len(numbers) >= count

        wait_until(enough, f"{count} delayed messages")
        return numbers

    @property
    def output(self):
        return "".join(process.output for process in self.processes)

    def count_waiting(self):
        with sqlite3.connect(self.env["DATABASE_NAME"], timeout=30) as database:
            query = 'SELECT count(*) FROM "channels.delay_delayedmessage"'
            (count,) = database.execute(query).fetchone()
        database.close()
        return count

    def receive(self):
        try:
            return self.layer.receive(["work"])[1]
        except LayerUnavailable:
            return None


@pytest.fixture
def servers(tmp_path, valkey):
    with started(Servers(tmp_path, valkey)) as servers:
        yield servers


def test_several_servers_send_every_message_once(servers):
    for n in range(200):
        servers.ask(n, delay=300)
    assert Counter(servers.arrived(200)) == Counter(range(200))
    servers.ask("last", delay=300)
    assert servers.arrived(1) == ["last"]


def test_what_waits_outlives_a_restart_and_a_bad_message(servers):
    servers.layer.send("asgi.delay", {"nonsense": True})
    for n in range(10):
        servers.ask(n, delay=1500)
    wait_until(lambda: "Invalid message received" in servers.output, "the bad message")
    servers.stop()
    for process in servers.processes:
        process.start()
    assert sorted(servers.arrived(10)) == list(range(10))


def test_sigterm_and_sigint_end_it_cleanly(servers):
    for process, number in zip(servers.processes, [signal.SIGTERM, signal.SIGINT], strict=True):
        process.signal(number)
        assert process.wait() == 0, process.output
        assert "Traceback" not in process.output
        assert "Shutdown signal received" in process.output


def test_redis_may_go_and_come_back(servers, valkey):
    servers.ask("before", delay=100)
    assert servers.arrived(1) == ["before"]
    wait_until(lambda: servers.count_waiting() == 0, "the end of its transaction")
    servers.ask("stored", delay=2500)
    wait_until(lambda: servers.count_waiting() == 1, "the message in the database")
    valkey.kill()
    wait_until(lambda: "Trying again in" in servers.output, "a server that notices")
    valkey.start()
    assert servers.arrived(1) == ["stored"]
    servers.ask("after", delay=100)
    assert servers.arrived(1) == ["after"]


def test_a_layer_that_is_not_configured_is_refused():
    with pytest.raises(CommandError, match="No channel layer 'nope'; CHANNEL_LAYERS has default"):
        call_command("rundelay", layer="nope")


def test_the_in_memory_layer_is_refused():
    with pytest.raises(CommandError, match=r"cannot span.*asgi_redis.RedisChannelLayer"):
        call_command("rundelay", verbosity=0)
