import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from channels.exceptions import DenyConnection
from channels.message import Message
from tracker import relay, replay
from tracker.consumers import (
    MAX_REPLAYS,
    relay_woken,
    websocket_connect,
    websocket_disconnect,
    websocket_keepalive,
    websocket_receive,
)
from tracker.models import LogHead, Notification
from tracker.sockets import session_group, user_group

pytestmark = pytest.mark.django_db

REPLY_CHANNEL = "test.response!socket"


@pytest.fixture
def session_key(client: Client, user: User) -> str:
    client.force_login(user)
    return client.session.session_key


@pytest.fixture
def make_message(layer: Any) -> Callable[..., Message]:
    def make(channel: str, **content: Any) -> Message:
        content = {"reply_channel": REPLY_CHANNEL, "path": "/notifications/", **content}
        return Message(content, channel, layer)

    return make


@pytest.fixture
def connect(make_message: Callable[..., Message]) -> Callable[..., None]:
    def connect(
        session_key: str = "", origin: bytes = b"http://testserver", query_string: bytes = b""
    ) -> None:
        headers = [[b"host", b"testserver"]]
        if origin:
            headers.append([b"origin", origin])
        if session_key:
            cookie = f"{settings.SESSION_COOKIE_NAME}={session_key}"
            headers.append([b"cookie", cookie.encode()])
        message = make_message(
            "websocket.connect", headers=headers, query_string=query_string, order=0
        )
        websocket_connect(message)

    return connect


@pytest.fixture
def replies(layer: Any) -> Callable[[], Iterator[dict[str, Any]]]:
    def replies() -> Iterator[dict[str, Any]]:
        return iter(lambda: layer.receive(["test.response!"])[1], None)

    return replies


@pytest.fixture
def frames(replies: Callable[[], Iterator[dict[str, Any]]]) -> Callable[[], list[dict[str, Any]]]:
    """Call it for the text frames since the last call."""
    return lambda: [json.loads(reply["text"]) for reply in replies() if "text" in reply]


@pytest.fixture
def members(layer: Any) -> Callable[[], list[str]]:
    """The sockets that see all an operator may see."""
    return lambda: list(layer.group_channels("notifications.review"))


@pytest.fixture
def published(db: None, make_incident: Any) -> Callable[[int], LogHead]:
    """Call it to save incidents and publish the notifications; returns the head of the log."""

    def publish(count: int) -> LogHead:
        for number in range(count):
            make_incident(name=f"Fire {number}").save()
        relay.publish()
        return LogHead.current()

    return publish


def seqs(frames: list[dict[str, Any]]) -> list[int]:
    """The sequences that replay frames carry."""
    return [
        notification["seq"]
        for frame in frames
        if frame["type"] == "replay"
        for notification in frame["notifications"]
    ]


def test_a_logged_in_user_hears_of_changes(connect, session_key, replies, members):
    connect(session_key)
    assert next(replies()) == {"accept": True}
    assert members() == [REPLY_CHANNEL]


def test_the_page_learns_where_the_log_stands_and_who_its_user_is(
    connect, session_key, frames, published, user
):
    head = published(3)
    connect(session_key)
    [hello] = frames()
    assert (hello["type"], hello["epoch"], hello["seq"]) == ("hello", head.epoch, 3)
    assert hello["user"]["username"] == "operator"
    assert "change_alert" in hello["user"]["permissions"]
    assert hello["inbox"] == {"seen": 0, "unread": 0}
    assert hello["silences"] == []


def test_a_page_that_comes_back_gets_what_it_missed_in_order_once(
    connect, session_key, frames, published
):
    head = published(205)
    connect(session_key, query_string=f"since={head.epoch}:3".encode())
    received = frames()
    assert seqs(received) == list(range(4, 206))
    assert [frame["type"] for frame in received] == ["replay", "replay", "replay", "hello"]
    assert received[0]["notifications"][0]["feature"]["properties"]["name"] == "Fire 3"


@pytest.mark.parametrize(
    ("since", "reason"),
    [("{epoch}:99", "future"), ("another:1", "epoch"), ("{epoch}:0", "too_old")],
)
def test_a_page_is_told_to_reload_when_the_missed_is_not_known(
    connect, session_key, frames, published, monkeypatch, since, reason
):
    monkeypatch.setattr(replay.missed, "__defaults__", (4,))
    head = published(5)
    connect(session_key, query_string=f"since={since.format(epoch=head.epoch)}".encode())
    reload, hello = frames()
    assert reload == {"type": "reload", "epoch": head.epoch, "seq": 5, "reason": reason}
    assert hello["type"] == "hello"


@pytest.mark.parametrize("since", ["", "x", "-1", "epoch:-1", "epoch:1.5", "e:1e3", "e:%D9%A3"])
def test_a_position_that_is_none_closes_the_socket_with_a_reason(
    connect, session_key, replies, since
):
    connect(session_key, query_string=f"since={since}".encode())
    _accept, error, close = replies()
    assert json.loads(error["text"])["code"] == "bad_since"
    assert "write epoch:seq" in json.loads(error["text"])["detail"]
    assert close == {"close": 4400}


def test_an_open_page_asks_for_what_it_found_missing(
    connect, session_key, make_message, frames, published
):
    connect(session_key)
    head = published(3)
    frames()
    since = f"{head.epoch}:1"
    websocket_receive(
        make_message("websocket.receive", text=json.dumps({"type": "replay", "since": since}))
    )
    received = frames()
    assert seqs(received) == [2, 3]
    assert received[-1]["type"] == "hello"


@pytest.mark.parametrize(
    "content",
    [
        {"text": "not JSON"},
        {"text": "[" * 4000},
        {"text": "null"},
        {"text": '{"type": "replay"}'},
        {"text": '{"type": "replay", "since": 4}'},
        {"text": '{"type": "save", "since": "a:1"}'},
        {"text": " " * 5000 + "{}"},
        {"bytes": b"{}"},
    ],
)
def test_a_frame_that_asks_for_nothing_closes_the_socket_with_a_reason(
    connect, session_key, make_message, replies, content
):
    connect(session_key)
    list(replies())
    websocket_receive(make_message("websocket.receive", **content))
    error, close = replies()
    assert json.loads(error["text"])["code"] == "bad_frame"
    assert close == {"close": 4400}


def test_a_page_that_asks_too_often_is_closed(connect, session_key, make_message, replies):
    connect(session_key)
    text = json.dumps({"type": "replay", "since": str(LogHead.current())})
    for _ in range(MAX_REPLAYS):
        websocket_receive(make_message("websocket.receive", text=text))
    assert {"close": 4429} not in list(replies())
    websocket_receive(make_message("websocket.receive", text=text))
    assert list(replies())[-1] == {"close": 4429}


def test_a_page_whose_user_may_no_longer_watch_gets_nothing(
    connect, session_key, make_message, replies, published, user
):
    connect(session_key)
    text = json.dumps({"type": "replay", "since": f"{published(2).epoch}:0"})
    user.is_active = False
    user.save()
    list(replies())
    websocket_receive(make_message("websocket.receive", text=text))
    assert list(replies()) == [{"close": 4401}]


def test_what_a_user_may_not_see_is_hidden_in_a_replay(
    client, viewer, connect, frames, make_incident
):
    client.force_login(viewer)
    make_incident(pending=True, name="Not for everybody").save()
    make_incident().save()
    relay.publish()
    epoch = LogHead.current().epoch
    connect(client.session.session_key, query_string=f"since={epoch}:0".encode())
    [replayed, _hello] = frames()
    assert replayed["notifications"][0] == {"type": "hidden", "epoch": epoch, "seq": 1}
    assert replayed["notifications"][1]["type"] == "post_save"


def test_a_viewer_is_in_the_group_without_reports_under_review(client, viewer, connect, layer):
    client.force_login(viewer)
    connect(client.session.session_key)
    assert list(layer.group_channels("notifications")) == [REPLY_CHANNEL]
    assert list(layer.group_channels("notifications.review")) == []


def test_a_user_without_a_role_is_refused(client, connect):
    client.force_login(User.objects.create_user("nobody"))
    with pytest.raises(DenyConnection):
        connect(client.session.session_key)


def test_a_woken_relay_publishes(make_incident, make_message):
    make_incident().save()
    relay_woken(make_message("tracker.relay"))
    assert Notification.objects.get().sequence == 1


@pytest.mark.parametrize(
    "handshake",
    [
        {"session_key": ""},
        {"session_key": "of-nobody"},
        {"origin": b"http://evil.example"},
        {"origin": b""},
    ],
    ids=["no session", "unknown session", "foreign origin", "no origin"],
)
def test_anybody_else_is_refused_and_in_no_group(
    connect, session_key, replies, members, handshake, caplog
):
    with pytest.raises(DenyConnection):
        connect(**{"session_key": session_key, **handshake})
    assert list(replies()) == []
    assert members() == []
    assert "refused" in caplog.text.lower()


def test_a_refused_socket_leaves_no_session_behind(connect):
    with pytest.raises(DenyConnection):
        connect()
    assert not Session.objects.exists()


def test_a_deactivated_user_is_refused(connect, session_key, user, members):
    user.is_active = False
    user.save()
    with pytest.raises(DenyConnection):
        connect(session_key)
    assert members() == []


def test_a_session_key_in_the_address_is_not_enough(connect, session_key):
    with pytest.raises(DenyConnection):
        connect(query_string=f"session_key={session_key}".encode())


def test_a_setting_allows_a_session_key_in_the_address(connect, session_key, members, settings):
    settings.CHANNEL_SESSION_KEY_IN_QUERY = True
    connect(query_string=f"session_key={session_key}".encode())
    assert members() == [REPLY_CHANNEL]


def test_a_keepalive_renews_the_membership(connect, session_key, make_message, members, layer):
    connect(session_key)
    layer.group_discard("notifications.review", REPLY_CHANNEL)
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == [REPLY_CHANNEL]


def test_a_keepalive_closes_the_socket_of_a_deactivated_user(
    connect, session_key, make_message, members, replies, user
):
    connect(session_key)
    user.is_active = False
    user.save()
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == []
    assert list(replies())[-1] == {"close": 4401}


def test_a_keepalive_closes_the_socket_of_a_session_that_ended(
    connect, session_key, make_message, members, replies
):
    connect(session_key)
    Session.objects.get(session_key=session_key).delete()
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == []
    assert list(replies())[-1] == {"close": 4401}


def test_a_keepalive_closes_the_socket_of_a_session_that_expired(
    connect, session_key, make_message, replies
):
    connect(session_key)
    Session.objects.filter(session_key=session_key).update(expire_date=timezone.now())
    websocket_keepalive(make_message("websocket.keepalive"))
    assert list(replies())[-1] == {"close": 4401}


def test_sessions_of_sockets_may_be_kept_elsewhere(
    connect, session_key, make_message, members, settings
):
    settings.CHANNEL_SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    connect(session_key)
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == [REPLY_CHANNEL]


def test_a_keepalive_closes_the_socket_of_a_user_with_other_rights(
    connect, session_key, make_message, members, replies, user
):
    connect(session_key)
    user.groups.set([Group.objects.get(name="viewer")])
    websocket_keepalive(make_message("websocket.keepalive"))
    assert members() == []
    assert list(replies())[-1] == {"close": 4403}


def test_a_closed_socket_is_forgotten(connect, session_key, make_message, members, layer, user):
    connect(session_key)
    own_groups = [user_group(user.pk), session_group(session_key)]
    assert all(layer.group_channels(group) for group in own_groups)
    websocket_disconnect(make_message("websocket.disconnect", code=1001, order=1))
    assert members() == []
    assert not any(layer.group_channels(group) for group in own_groups)
    assert [session.session_key for session in Session.objects.all()] == [session_key]
