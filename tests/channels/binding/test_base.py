"""What a binding sends, and when."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import IntegrityError, transaction
from django.db.models import F

from channels.binding.base import Binding, BindingMetaclass, InvalidInbound
from channels.message import Message
from channels.test import ChannelTestCase, Client, TransactionChannelTestCase
from tests.support.bindings import unbind
from tests.support.boards.models import Note


class Plain(Binding):
    """Sends dicts as they are; everybody may do everything."""

    model = None
    stream = "users"
    channel_session_user = False

    @classmethod
    def group_names(cls, instance):
        return ["staff"] if instance.is_staff else ["public"]

    @classmethod
    def encode(cls, stream, payload):
        return {"stream": stream, **payload}

    def serialize(self, instance, action):
        return {"action": action, "name": instance.username}

    def deserialize(self, message):
        return message["action"], message.get("pk"), message.get("data")

    def has_permission(self, user, action, pk):
        return True

    def create(self, data):
        User.objects.create(username=data)

    def update(self, pk, data):
        User.objects.filter(pk=User.objects.get(pk=pk).pk).update(username=data)


class Bound:
    """For test cases: bindings that are gone after the test."""

    def bind(self, base=Plain, **attrs):
        binding = type("TestBinding", (base,), {"model": User, "fields": ["username"], **attrs})
        self.addCleanup(unbind, binding)
        return binding

    def listener(self, group):
        client = Client()
        client.join_group(group)
        return client

    def heard(self, client):
        received = []
        while (content := client.receive()) is not None:
            received.append((content["action"], content["name"]))
        return received


class TestRegistration(Bound, ChannelTestCase):
    def test_a_class_without_a_model_is_refused(self):
        with pytest.raises(ValueError, match="must set the model attribute"):
            type("NoModel", (Plain,), {"fields": ["username"]})

    def test_a_class_that_says_that_it_has_no_model_is_abstract(self):
        abstract = type("Abstract", (Plain,), {"model": None})
        assert abstract.get_registered_models() == []

    def test_a_class_with_neither_fields_nor_exclude_is_refused(self):
        with pytest.raises(ValueError, match="must set the fields or exclude attribute"):
            type("NoFields", (Plain,), {"model": User})
        User.objects.create(username="lin")
        assert not any(c.__name__ == "NoFields" for c in BindingMetaclass.binding_classes)

    def test_the_model_may_be_named(self):
        binding = self.bind(model="auth.User")
        assert binding.model is User
        assert binding.model_label == "auth.user"

    def test_classes_written_before_the_models_are_loaded_are_connected_afterwards(self):
        BindingMetaclass.register_immediately = False
        binding = self.bind(model="auth.User")
        listener = self.listener("public")
        User.objects.create(username="early")
        BindingMetaclass.register_all()
        User.objects.create(username="late")
        assert binding in BindingMetaclass.binding_classes
        assert self.heard(listener) == [("create", "late")]

    def test_a_metaclass_of_an_applications_own_still_connects_its_bindings(self):
        class Recording(BindingMetaclass):
            def __new__(mcs, name, bases, body):
                binding = super().__new__(mcs, name, bases, body)
                binding.recorded = name
                return binding

        class Recorded(Plain, metaclass=Recording):
            model = None

        assert Recorded.recorded == "Recorded"
        assert Recorded in BindingMetaclass.binding_classes

    def test_methods_that_are_missing_are_named(self):
        class Bare(Binding):
            model = None

        bare = Bare()
        for call, name in [
            (lambda: Bare.group_names(None), "group_names"),
            (lambda: Bare.encode("s", {}), "encode"),
            (lambda: bare.serialize(None, "create"), "serialize"),
            (lambda: bare.deserialize(None), "deserialize"),
            (lambda: bare.has_permission(None, "create", None), "has_permission"),
            (lambda: bare.create({}), "create"),
            (lambda: bare.update(1, {}), "update"),
        ]:
            with pytest.raises(NotImplementedError, match=rf"Bare must define {name}\("):
                call()


class TestOutbound(Bound, ChannelTestCase):
    def setUp(self):
        self.bind()
        self.public, self.staff = self.listener("public"), self.listener("staff")

    def test_the_groups_of_an_instance_hear_of_its_whole_life(self):
        user = User.objects.create(username="lin")
        user.username = "mia"
        user.save()
        user.delete()
        assert self.heard(self.public) == [("create", "lin"), ("update", "mia"), ("delete", "mia")]
        assert self.heard(self.staff) == []

    def test_an_instance_that_changes_groups_leaves_one_and_enters_the_other(self):
        user = User.objects.create(username="lin")
        user.is_staff = True
        user.save()
        assert self.heard(self.public) == [("create", "lin"), ("delete", "lin")]
        assert self.heard(self.staff) == [("create", "lin")]

    def test_the_old_groups_come_from_the_row_whoever_changed_the_instance(self):
        pk = User.objects.create(username="lin").pk
        stale = User.objects.get(pk=pk)
        User.objects.filter(pk=pk).update(is_staff=True)
        stale.save()
        assert self.heard(self.staff) == [("delete", "lin")]

    def test_a_client_in_both_groups_ends_up_with_the_instance(self):
        both = self.listener("public")
        both.join_group("staff")
        user = User.objects.create(username="lin")
        user.is_staff = True
        user.save()
        assert self.heard(both)[-1] == ("create", "lin")

    def test_what_an_expression_came_to_is_sent(self):
        self.bind(
            model=Note,
            fields=["count"],
            group_names=classmethod(lambda cls, note: [f"count-{note.count}"]),
            serialize=lambda self, note, action: {"action": action, "name": note.count},
        )
        listener = self.listener("count-2")
        note = Note.objects.create(text="old", count=1)
        note.text = "changed and saved without"
        note.count = F("count") + 1
        note.save(update_fields=["count"])
        assert self.heard(listener) == [("create", 2)]
        assert note.text == "changed and saved without"

    def test_an_expression_that_was_not_saved_stays_for_later(self):
        self.bind(
            model=Note,
            fields=["text"],
            group_names=classmethod(lambda cls, note: ["notes"]),
            serialize=lambda self, note, action: {"action": action, "name": note.count},
        )
        note = Note.objects.create(text="old", count=1)
        listener = self.listener("notes")
        note.count = F("count") + 1
        note.save(update_fields=["text"])
        assert self.heard(listener) == [("update", 1)]
        note.save()
        assert self.heard(listener) == [("update", 2)]

    def test_an_empty_payload_is_not_sent(self):
        self.bind(serialize=lambda self, instance, action: {}, stream=None)
        User.objects.create(username="lin")
        assert self.heard(self.public) == [("create", "lin")]

    def test_a_payload_without_a_stream_is_an_error(self):
        self.bind(stream=None)
        with pytest.raises(ValueError, match="must set the stream attribute"):
            User.objects.create(username="lin")

    def test_serialize_learns_what_the_signal_said(self):
        seen = []

        def serialize(self, instance, action):
            seen.append(self.signal_kwargs["update_fields"])
            return {}

        self.bind(serialize=serialize)
        user = User.objects.create(username="lin")
        user.save(update_fields=["email"])
        assert seen == [None, frozenset({"email"})]

    def test_a_change_can_be_announced_by_hand(self):
        binding = self.bind()
        user = User.objects.create(username="lin")
        self.heard(self.public)
        binding.pre_change_receiver(user, "update")
        binding.post_change_receiver(user, "update")
        assert self.heard(self.public) == [("update", "lin")]

    def test_rows_deleted_with_a_queryset_or_a_cascade_are_announced(self):
        User.objects.create(username="lin")
        User.objects.create(username="mia")
        self.heard(self.public)
        User.objects.order_by("pk").delete()
        assert sorted(self.heard(self.public)) == [("delete", "lin"), ("delete", "mia")]


class TestTransactions(Bound, TransactionChannelTestCase):
    def setUp(self):
        self.bind()
        self.public = self.listener("public")

    def test_nothing_leaves_before_the_commit(self):
        with transaction.atomic():
            User.objects.create(username="lin")
            assert self.heard(self.public) == []
        assert self.heard(self.public) == [("create", "lin")]

    def test_what_is_rolled_back_is_never_announced(self):
        with pytest.raises(KeyError), transaction.atomic():
            User.objects.create(username="lin")
            raise KeyError
        assert self.heard(self.public) == []

    def test_what_is_rolled_back_to_a_savepoint_is_never_announced(self):
        with transaction.atomic():
            User.objects.create(username="lin")
            with pytest.raises(IntegrityError), transaction.atomic():
                User.objects.create(username="mia")
                User.objects.create(username="lin")
        assert self.heard(self.public) == [("create", "lin")]

    def test_a_change_is_told_as_it_was_when_it_was_saved(self):
        with transaction.atomic():
            user = User.objects.create(username="lin")
            user.username = "mia"
            user.save()
        assert self.heard(self.public) == [("create", "lin"), ("update", "mia")]

    def test_a_layer_that_fails_does_not_fail_the_save(self):
        self.bind(encode=classmethod(lambda cls, stream, payload: {"cannot travel": object()}))
        with self.assertLogs("django.db.backends.base", "ERROR") as logs:
            User.objects.create(username="lin")
        assert User.objects.count() == 1
        assert "Cannot encode the message" in logs.output[0]


class TestInbound(Bound, ChannelTestCase):
    def consume(self, binding, user=None, **content):
        message = Message(content, "inbound", None)
        if user:
            message.user = user
        binding.consumer(message)

    def test_create_update_and_delete_are_applied(self):
        binding = self.bind()
        self.consume(binding, action="create", data="lin")
        user = User.objects.get()
        assert user.username == "lin"
        self.consume(binding, action="update", pk=user.pk, data="mia")
        assert User.objects.get().username == "mia"
        self.consume(binding, action="delete", pk=user.pk)
        assert not User.objects.exists()

    def test_without_permission_nothing_happens_and_the_log_says_so(self):
        asked = []

        def has_permission(self, user, action, pk):
            asked.append((user, action, pk, self.data, self.kwargs))
            return False

        binding = self.bind(has_permission=has_permission)
        with self.assertLogs("channels.binding.base", "WARNING") as logs:
            self.consume(binding, action="create", data="lin")
        assert asked == [(AnonymousUser(), "create", None, "lin", {})]
        assert not User.objects.exists()
        assert "Refused to create auth.user None: You do not have the permission" in logs.output[0]

    def test_the_permission_is_asked_for_the_user_of_the_message(self):
        asked = []
        binding = self.bind(
            has_permission=lambda self, user, action, pk: asked.append(user.username)
        )
        self.consume(binding, User(username="lin"), action="delete", pk=1)
        assert asked == ["lin"]

    def test_an_unknown_action_is_an_error(self):
        with pytest.raises(InvalidInbound, match="Bad action 'explode'"):
            self.consume(self.bind(), action="explode")

    def test_updating_a_row_that_is_gone_is_an_error(self):
        with self.assertLogs("channels.binding.base", "WARNING") as logs:
            with pytest.raises(User.DoesNotExist):
                self.consume(self.bind(), action="update", pk=7, data="x")
        assert "Refused to update auth.user 7: It does not exist." in logs.output[0]

    def test_deleting_a_row_that_is_gone_is_in_the_log(self):
        with self.assertLogs("channels.binding.base", "WARNING") as logs:
            self.consume(self.bind(), action="delete", pk=7)
        assert "Refused to delete auth.user 7: It does not exist." in logs.output[0]

    def test_data_that_conflicts_is_an_error(self):
        User.objects.create(username="lin")
        with self.assertLogs("channels.binding.base", "WARNING") as logs:
            with pytest.raises(IntegrityError), transaction.atomic():
                self.consume(self.bind(), action="create", data="lin")
        assert "It conflicts with other data." in logs.output[0]

    def test_a_binding_for_another_model_leaves_the_first_alone(self):
        listener = self.listener("groups")
        self.bind(
            model=Group,
            fields=["name"],
            group_names=classmethod(lambda cls, instance: ["groups"]),
            serialize=lambda self, instance, action: {"action": action, "name": instance.name},
        )
        User.objects.create(username="lin")
        Group.objects.create(name="a group of this test")
        assert self.heard(listener) == [("create", "a group of this test")]
