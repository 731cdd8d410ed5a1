"""Consumers inside Django's TestCase."""

from unittest import mock

import pytest
from django.contrib.auth.models import Group
from django.db import close_old_connections, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from channels.routing import route
from channels.test import ChannelTestCase, Client, TransactionChannelTestCase, apply_routes
from channels.test.atomic import keep_connections
from channels.test.base import captive_layers


class TestCommitHooks(ChannelTestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ran = []
        transaction.on_commit(lambda: cls.ran.append("of the class"))

    def setUp(self):
        self.ran.clear()

    def later(self, name):
        transaction.on_commit(lambda: self.ran.append(name))

    def test_a_hook_runs_at_once_where_only_the_test_is_open(self):
        self.later("a")
        assert self.ran == ["a"]

    def test_a_hook_runs_when_the_outermost_block_ends(self):
        with transaction.atomic():
            with transaction.atomic(savepoint=False):
                self.later("a")
            self.later("b")
            assert self.ran == []
        assert self.ran == ["a", "b"]

    def test_the_hooks_of_a_failed_block_never_run(self):
        with transaction.atomic():
            with pytest.raises(KeyError), transaction.atomic():
                self.later("a")
                raise KeyError
            self.later("b")
        assert self.ran == ["b"]

    def test_no_hook_runs_in_a_transaction_that_can_only_be_rolled_back(self):
        with pytest.raises(KeyError), transaction.atomic():
            with transaction.atomic(savepoint=False):
                self.later("a")
                raise KeyError
        self.later("b")
        assert self.ran == ["b"]

    def test_a_hook_may_add_a_hook(self):
        transaction.on_commit(lambda: self.later("a"))
        assert self.ran == ["a"]

    def test_captured_hooks_run_only_if_asked_to(self):
        with self.captureOnCommitCallbacks() as hooks:
            self.later("a")
        assert (len(hooks), self.ran) == (1, [])
        with self.captureOnCommitCallbacks(execute=True):
            self.later("b")
            assert self.ran == []
        assert self.ran == ["b"]

    def test_what_a_class_does_before_its_tests_runs_in_none_of_them(self):
        self.later("a")
        assert self.ran == ["a"]


class TestConnections(ChannelTestCase):
    def test_a_connection_that_the_test_has_a_transaction_on_is_not_closed(self):
        group = Group.objects.create(name="a group of this test")
        with mock.patch.object(connections["default"], "close") as close:
            close_old_connections()
        assert not close.called
        assert Group.objects.filter(pk=group.pk).exists()


@pytest.mark.django_db
def test_the_client_keeps_the_connection_in_plain_tests_too():
    Group.objects.create(name="a group of this test")
    consumer = route("work", lambda message: close_old_connections())
    with captive_layers(), apply_routes(consumer):
        with mock.patch.object(connections["default"], "close") as close:
            Client().send_and_consume("work")
    assert not close.called


@pytest.mark.django_db(transaction=True)
def test_connections_are_closed_as_ever_without_a_transaction():
    Group.objects.count()
    connection.close_at = 0
    with keep_connections(), mock.patch.object(connections["default"], "close") as close:
        connection.close_if_unusable_or_obsolete()
    connection.close_at = None
    assert close.called


class TestRealCommits(TransactionChannelTestCase):
    def test_hooks_run_as_ever(self):
        ran = []
        with transaction.atomic():
            Group.objects.create(name="a group of this test")
            transaction.on_commit(lambda: ran.append("a"))
            assert ran == []
        assert ran == ["a"]


def test_nothing_of_it_stays_behind():
    assert transaction.Atomic.__exit__.__module__ == "django.db.transaction"
    assert BaseDatabaseWrapper.close_if_unusable_or_obsolete.__name__.startswith("close_if")
    assert BaseDatabaseWrapper.on_commit.__module__ == "django.db.backends.base.base"
