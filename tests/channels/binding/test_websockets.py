"""Bindings over a multiplexed WebSocket."""

import json
import uuid

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import DataError, IntegrityError, transaction
from django.db.models.signals import pre_save

from channels.binding.base import InvalidInbound
from channels.binding.websockets import WebsocketBinding, WebsocketBindingWithMembers
from channels.generic.websockets import WebsocketDemultiplexer
from channels.test import ChannelTestCase, WSClient, apply_routes
from tests.support.bindings import unbind
from tests.support.boards.models import Note, Tag, Task


class BindingCase(ChannelTestCase):
    """Bindings that are gone after their test."""

    def bind(self, base=WebsocketBinding, **attrs):
        defaults = {
            "model": User,
            "stream": "users",
            "group_names": classmethod(lambda cls, instance: ["everybody"]),
            "has_permission": lambda self, user, action, pk: True,
        }
        binding = type("TestBinding", (base,), {**defaults, **attrs})
        self.addCleanup(unbind, binding)
        return binding

    def listener(self):
        client = WSClient()
        client.join_group("everybody")
        return client


class TestOutbound(BindingCase):
    def sent(self, **attrs):
        self.bind(**attrs)
        listener = self.listener()
        model = attrs.get("model", User)
        if model is User:
            User.objects.create(username="lin", email="lin@example.org")
        return listener.receive()

    def test_a_change_is_a_payload_on_the_stream(self):
        frame = self.sent(fields=["username", "email"])
        assert frame == {
            "stream": "users",
            "payload": {
                "action": "create",
                "pk": User.objects.get().pk,
                "model": "auth.user",
                "data": {"username": "lin", "email": "lin@example.org"},
            },
        }

    def test_all_fields_are_sent_for_either_spelling(self):
        for fields in ["__all__", ["__all__"], ("__all__",)]:
            data = WebsocketBinding.serialize_data(
                self.bind(fields=fields)(), User.objects.create(username=str(fields))
            )
            assert {"username", "password", "is_staff", "groups"} <= data.keys()

    def test_excluded_fields_are_not_sent(self):
        data = self.sent(exclude=["password", "groups"])["payload"]["data"]
        assert "username" in data
        assert not {"password", "groups", "id"} & data.keys()

    def test_related_rows_are_sent_by_their_keys(self):
        self.bind(model=Group, fields=["name", "permissions"])
        group = Group.objects.create(name="a group of this test")
        permission = Permission.objects.first()
        group.permissions.add(permission)
        listener = self.listener()
        group.save()
        assert listener.receive()["payload"]["data"] == {
            "name": "a group of this test",
            "permissions": [permission.pk],
        }

    def test_values_that_json_does_not_know_become_strings(self):
        key = uuid.uuid4()
        text = WebsocketBinding.encode("s", {"pk": key})["text"]
        assert json.loads(text) == {"stream": "s", "payload": {"pk": str(key)}}


class InboundCase(BindingCase):
    """A client of a binding, and what it is answered."""

    def serve(self, binding, connect=None, **attrs):
        class Demultiplexer(WebsocketDemultiplexer):
            consumers = {binding.stream: binding.consumer}

        routes = apply_routes([Demultiplexer.as_route(attrs, path=r"^/(?P<page>\w+)?")])
        routes.enter()
        self.addCleanup(routes.exit)
        client = WSClient()
        client.send_and_consume("websocket.connect", connect, path="/edit")
        return client

    def ask(self, client, **payload):
        frame = {"stream": "users", "payload": payload}
        client.send_and_consume("websocket.receive", text=frame, path="/edit")

    def refusal(self, client):
        frame = client.receive()
        assert frame["stream"] == "users"
        assert frame["payload"]["action"] == "error"
        assert frame["payload"]["model"] == "auth.user"
        return frame["payload"]["error"]


class TestInbound(InboundCase):
    def test_create_makes_a_row(self):
        client = self.serve(self.bind(fields=["username", "email"]))
        self.ask(client, action="create", data={"username": "lin", "email": "l@example.org"})
        assert User.objects.get().email == "l@example.org"
        assert client.receive() is None

    def test_create_takes_bound_fields_only(self):
        client = self.serve(self.bind(fields=["username"]))
        self.ask(client, action="create", data={"username": "lin", "is_superuser": True})
        assert User.objects.get().is_superuser is False

    def test_create_goes_through_the_models_own_save(self):
        client = self.serve(self.bind(fields=["username"]))
        self.ask(client, action="create", data={"username": "lin"})
        # Set by a default that a raw save, as for fixtures, would leave alone as well; the
        # signal tells whether it was raw.
        seen = []

        def note(raw, **kwargs):
            seen.append(raw)

        pre_save.connect(note, sender=User)
        self.addCleanup(pre_save.disconnect, note, sender=User)
        self.ask(client, action="create", data={"username": "mia"})
        assert seen == [False]

    def test_update_changes_bound_fields_and_leaves_the_others(self):
        user = User.objects.create(username="lin", email="l@example.org")
        client = self.serve(self.bind(exclude=["email"]))
        self.ask(
            client, action="update", pk=user.pk, data={"username": "mia", "email": "x@example.org"}
        )
        user.refresh_from_db()
        assert (user.username, user.email) == ("mia", "l@example.org")

    def test_related_rows_are_set_by_their_keys(self):
        user = User.objects.create(username="lin")
        groups = [Group.objects.create(name=name) for name in ["first", "second"]]
        client = self.serve(self.bind(fields=["username", "groups"]))
        self.ask(client, action="update", pk=user.pk, data={"groups": [groups[1].pk]})
        assert list(user.groups.all()) == [groups[1]]
        self.ask(client, action="create", data={"username": "mia", "groups": [groups[0].pk]})
        assert list(User.objects.get(username="mia").groups.all()) == [groups[0]]

    def test_a_foreign_key_is_set_by_its_key(self):
        permission = Permission.objects.first()
        other = ContentType.objects.exclude(pk=permission.content_type_id).first()
        binding = self.bind(model=Permission, fields=["content_type"])
        client = self.serve(binding)
        self.ask(client, action="update", pk=permission.pk, data={"content_type": other.pk})
        permission.refresh_from_db()
        assert permission.content_type == other

    def test_delete_deletes(self):
        user = User.objects.create(username="lin")
        client = self.serve(self.bind(fields=["username"]))
        self.ask(client, action="delete", pk=user.pk)
        assert not User.objects.exists()

    def test_connecting_and_disconnecting_change_nothing(self):
        client = self.serve(self.bind(fields=["username"]))
        client.send_and_consume("websocket.disconnect", path="/edit")
        assert client.receive() is None

    def test_has_permission_knows_user_and_route(self):
        asked = []

        def has_permission(self, user, action, pk):
            asked.append((user.username, action, pk, self.kwargs["page"]))
            return False

        binding = self.bind(fields=["username"], has_permission=has_permission)
        client = self.serve(binding, http_user=True)
        client = WSClient()
        client.force_login(get_user_model().objects.create(username="lin"))
        client.send_and_consume("websocket.connect", path="/edit")
        self.ask(client, action="delete", pk=5)
        assert asked == [("lin", "delete", 5, "edit")]
        assert self.refusal(client) == "You do not have the permission."
        assert User.objects.exists()

    def test_a_row_that_is_gone_is_told(self):
        client = self.serve(self.bind(fields=["username"]))
        with pytest.raises(User.DoesNotExist):
            self.ask(client, action="update", pk=99, data={"username": "x"})
        assert self.refusal(client) == "It does not exist."
        self.ask(client, action="delete", pk=99)
        assert self.refusal(client) == "It does not exist."

    def test_requests_that_make_no_sense_are_told(self):
        user = User.objects.create(username="lin")
        client = self.serve(self.bind(fields=["username", "is_staff"]))
        for payload, reason in [
            ({"data": {}}, 'must be {"action", "pk", "data"}'),
            ({"action": "explode"}, "Bad action 'explode'"),
            ({"action": "create"}, "must be an object"),
            ({"action": "update", "pk": "seven", "data": {}}, "does not fit auth.user"),
            ({"action": "update", "pk": user.pk, "data": {"is_staff": "?"}}, "does not fit"),
        ]:
            with pytest.raises(InvalidInbound, match=reason):
                self.ask(client, **payload)
            assert reason in self.refusal(client)
        user.refresh_from_db()
        assert user.username == "lin"

    def test_a_pk_that_can_be_none_is_told(self):
        client = self.serve(self.bind(fields=["username"]))
        for pk in ["abc", {"a": 1}, [1]]:
            for action in ["update", "delete"]:
                with pytest.raises((TypeError, ValueError)):
                    self.ask(client, action=action, pk=pk, data={})
                assert "not fit" in self.refusal(client)

    def test_a_pk_that_has_permission_cannot_look_up_is_told(self):
        def has_permission(self, user, action, pk):
            return User.objects.get(pk=pk) == user

        client = self.serve(self.bind(fields=["username"], has_permission=has_permission))
        with pytest.raises(ValueError, match="expected a number"):
            self.ask(client, action="delete", pk="abc")
        assert self.refusal(client) == "Its pk or a value does not fit."

    def test_a_field_that_the_model_does_not_have_is_told(self):
        user = User.objects.create(username="lin")
        client = self.serve(self.bind(exclude=["email"]))
        for name in ["nofield", "pk", "logentry"]:
            with pytest.raises(InvalidInbound, match=f"no field '{name}'"):
                self.ask(client, action="update", pk=user.pk, data={name: 1})
            assert f"no field '{name}'" in self.refusal(client)

    def test_a_value_that_the_database_does_not_take_is_told(self):
        client = self.serve(self.bind(model=Note, fields=["text", "count"]))
        with pytest.raises((DataError, OverflowError)), transaction.atomic():
            self.ask(client, action="create", data={"text": "new", "count": 2**70})
        assert client.receive()["payload"]["error"] == "Its pk or a value does not fit."

    def test_strict_ordering_applies_messages_in_their_order(self):
        binding = self.bind(fields=["username"], strict_ordering=True)
        client = self.serve(binding, connect={"order": 0})
        for order, name in [(2, "mia"), (1, "lin")]:
            payload = {"action": "create", "data": {"username": name}}
            frame = {"stream": "users", "payload": payload}
            client.send("websocket.receive", {"order": order}, text=frame, path="/edit")
        for _ in range(3):
            client.consume("websocket.receive", fail_on_none=False)
        assert [user.username for user in User.objects.order_by("pk")] == ["lin", "mia"]

    def test_slight_ordering_is_refused(self):
        binding = self.bind(fields=["username"], slight_ordering=True)
        with pytest.raises(ValueError, match="remove `slight_ordering = True`"):
            binding.get_handler()


class TestKeys(InboundCase):
    """Which row a message changes was decided when `has_permission` was asked for its pk."""

    def serve_notes(self, model=Note, **attrs):
        attrs = attrs or {"fields": ["__all__"]}
        return self.serve(self.bind(model=model, **attrs))

    def test_an_update_changes_no_row_but_that_of_the_pk(self):
        mine, other = (Note.objects.create(text=text) for text in ["mine", "other"])
        for attrs in [{"fields": "__all__"}, {"exclude": ["count"]}, {"fields": ["id", "text"]}]:
            client = self.serve_notes(**attrs)
            self.ask(client, action="update", pk=mine.pk, data={"id": other.pk, "text": "new"})
            assert list(Note.objects.order_by("pk").values_list("pk", "text")) == [
                (mine.pk, "new"),
                (other.pk, "other"),
            ]

    def test_a_client_may_send_the_key_of_the_row_back(self):
        note = Note.objects.create(text="old")
        self.ask(
            self.serve_notes(), action="update", pk=note.pk, data={"id": note.pk, "text": "new"}
        )
        assert Note.objects.get().text == "new"

    def test_a_row_is_made_with_a_number_of_its_own(self):
        other = Note.objects.create(text="other")
        self.ask(self.serve_notes(), action="create", data={"id": other.pk, "text": "new"})
        assert set(Note.objects.values_list("text", flat=True)) == {"other", "new"}

    def test_no_row_of_a_parent_is_changed_in_place_of_a_new_one(self):
        other = Note.objects.create(text="other")
        client = self.serve_notes(Task)
        for key in ["id", "note_ptr"]:
            self.ask(client, action="create", data={key: other.pk, "text": key})
        assert set(Note.objects.values_list("text", flat=True)) == {"other", "id", "note_ptr"}
        assert Task.objects.count() == 2

    def test_an_update_of_a_child_changes_no_other_parent(self):
        task, other = Task.objects.create(text="mine"), Note.objects.create(text="other")
        client = self.serve_notes(Task)
        for key in ["id", "note_ptr"]:
            self.ask(client, action="update", pk=task.pk, data={key: other.pk, "text": key})
            other.refresh_from_db()
            assert other.text == "other"
            assert Task.objects.get().text == key

    def test_a_key_that_is_chosen_comes_with_the_data_and_never_changes_a_row(self):
        client = self.serve_notes(Tag)
        self.ask(client, action="create", data={"name": "home", "colour": "red"})
        assert Tag.objects.get().pk == "home"
        with pytest.raises(IntegrityError), transaction.atomic():
            self.ask(client, action="create", data={"name": "home", "colour": "blue"})
        assert self.error(client) == "It conflicts with other data."
        self.ask(client, action="update", pk="home", data={"name": "work", "colour": "blue"})
        assert Tag.objects.get().pk == "home"
        assert Tag.objects.get().colour == "blue"

    def test_a_row_with_the_same_natural_key_is_not_changed(self):
        user = User.objects.create(username="lin", email="l@example.org")
        client = self.serve(self.bind(fields=["username"]))
        with pytest.raises(IntegrityError), transaction.atomic():
            self.ask(client, action="create", data={"username": "lin"})
        user.refresh_from_db()
        assert user.email == "l@example.org"

    def test_an_excluded_foreign_key_cannot_be_set_by_the_name_of_its_column(self):
        Tag.objects.create(name="home")
        client = self.serve_notes(exclude=["tag"])
        with pytest.raises(InvalidInbound, match="has no field 'tag_id'"):
            self.ask(client, action="create", data={"text": "new", "tag_id": "home"})
        assert not Note.objects.exists()

    def error(self, client):
        return client.receive()["payload"]["error"]


class TestMembers(BindingCase):
    def test_attributes_properties_and_methods_are_sent(self):
        permission = Permission.objects.first()
        self.bind(
            WebsocketBindingWithMembers,
            model=Permission,
            fields=["codename"],
            send_members=["natural_key", "content_type.app_label", "content_type.name"],
        )
        listener = self.listener()
        permission.save()
        assert listener.receive()["payload"]["data"] == {
            "codename": permission.codename,
            "natural_key": list(permission.natural_key()),
            "content_type__app_label": permission.content_type.app_label,
            "content_type__name": permission.content_type.name,
        }

    def test_values_are_encoded_for_json(self):
        self.bind(WebsocketBindingWithMembers, fields=["username"], send_members=["date_joined"])
        listener = self.listener()
        user = User.objects.create(username="lin")
        sent = listener.receive()["payload"]["data"]["date_joined"]
        assert sent.startswith(user.date_joined.isoformat()[:23])
