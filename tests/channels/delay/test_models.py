"""The messages that wait."""

import json
import sqlite3
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from channels.asgi import channel_layers
from channels.delay.models import DelayedMessage
from channels.layers.exceptions import LayerUnavailable
from channels.test import ChannelTestCase


def waiting(channel="work", delay=0, **content):
    return DelayedMessage.objects.create(
        channel_name=channel, content=json.dumps(content), delay=delay
    )


class TestDelayedMessage(ChannelTestCase):
    def test_a_delay_sets_when_the_message_is_due(self):
        before = timezone.now()
        message = DelayedMessage(delay=1500)
        assert timedelta(milliseconds=1500) <= message.due_date - before < timedelta(seconds=60)
        assert message.delay == 1500

    def test_messages_are_due_in_the_order_of_their_dates(self):
        waiting(delay=60_000, n=0)
        second, first = waiting(delay=-1, n=2), waiting(delay=-5000, n=1)
        assert list(DelayedMessage.objects.is_due()) == [first, second]

    def test_sending_sends_and_deletes(self):
        assert waiting(n=1).send() is True
        assert self.get_next_message("work", require=True).content == {"n": 1}
        assert not DelayedMessage.objects.exists()

    def test_what_another_process_has_sent_is_not_sent_again(self):
        message = waiting(n=1)
        assert DelayedMessage.objects.get(pk=message.pk).send() is True
        assert message.send() is False
        assert self.get_next_message("work") is not None
        assert self.get_next_message("work") is None

    def test_a_full_channel_puts_the_message_off(self):
        for n in range(channel_layers["default"].capacity):
            waiting(n=n).send()
        late = waiting(n="late")
        assert late.send(requeue_delay=7000) is False
        late.refresh_from_db()
        assert late.due_date > timezone.now() + timedelta(seconds=5)

    def test_a_layer_that_is_away_leaves_the_row(self):
        class Away:
            ChannelFull = channel_layers["default"].ChannelFull

            def send(self, channel, content):
                raise LayerUnavailable("away")

        message = waiting(n=1)
        with pytest.raises(LayerUnavailable):
            message.send(channel_layer=Away())
        assert DelayedMessage.objects.is_due().get() == message

    def test_the_layer_is_waited_for_outside_of_a_transaction_while_others_leave_it_alone(self):
        before = len(connection.atomic_blocks)
        seen = []

        class Slow:
            ChannelFull = channel_layers["default"].ChannelFull

            def send(self, channel, content):
                row = DelayedMessage.objects.get()
                seen.append((len(connection.atomic_blocks), row.due_date > timezone.now()))

        assert waiting(n=1).send(channel_layer=Slow()) is True
        assert seen == [(before, True)]
        assert not DelayedMessage.objects.exists()

    def test_it_says_where_and_when(self):
        message = waiting("thumbnails")
        assert str(message) == f"thumbnails at {message.due_date}"


class TestMigration(ChannelTestCase):
    def test_the_models_and_the_migrations_agree(self):
        call_command("makemigrations", "channels_delay", check=True, dry_run=True, verbosity=0)


def test_a_table_made_by_1x_is_kept_with_what_waits_in_it(tmp_path, django_db_blocker):
    """The migration of 1.x ran under another app label, so Django runs ours as a new one."""
    path = tmp_path / "old.sqlite3"
    with sqlite3.connect(path) as old:
        old.execute(
            'CREATE TABLE "channels.delay_delayedmessage" ("id" integer NOT NULL PRIMARY KEY'
            ' AUTOINCREMENT, "due_date" datetime NOT NULL, "channel_name" varchar(512) NOT NULL,'
            ' "content" text NOT NULL)'
        )
        old.execute(
            'INSERT INTO "channels.delay_delayedmessage" (due_date, channel_name, content)'
            " VALUES ('2017-09-01 10:00:00', 'work', '{}')"
        )
    old.close()
    connections.databases["old"] = {**connection.settings_dict, "NAME": str(path)}
    connections.databases["old"]["ENGINE"] = "django.db.backends.sqlite3"
    try:
        with django_db_blocker.unblock():
            MigrationExecutor(connections["old"]).migrate([("channels_delay", "0001_initial")])
            assert DelayedMessage.objects.using("old").get().channel_name == "work"
    finally:
        connections["old"].close()
        del connections["old"], connections.databases["old"]
