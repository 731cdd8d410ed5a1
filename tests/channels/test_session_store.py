"""Tests of channels.session_store: where the session of a connection is kept."""

from datetime import timedelta
from importlib import import_module
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import alogin, alogout, login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest
from django.utils import timezone

from channels.session_store import save_if_modified, session_for_reply_channel

ENGINES = ["db", "cached_db", "cache", "file"]


@pytest.fixture(params=ENGINES)
def _engine(request, settings, tmp_path, file_sessions, db):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": str(tmp_path),
        }
    }


@pytest.mark.usefixtures("_engine")
class TestEveryEngine:
    def test_what_is_saved_is_there_for_the_same_reply_channel_only(self):
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        session.save()
        assert session_for_reply_channel("websocket.send!one")["room"] == "lobby"
        assert "room" not in session_for_reply_channel("websocket.send!two")

    def test_a_session_keeps_its_key_before_anything_is_stored(self):
        session = session_for_reply_channel("websocket.send!one")
        key = session.session_key
        assert session.load() == {}
        assert session.session_key == key
        assert session_for_reply_channel("websocket.send!one").session_key == key
        assert len(key) == 32
        assert key.startswith("chn")

    def test_other_code_can_read_it_by_its_key(self, settings):
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        session.save()
        engine = import_module(settings.SESSION_ENGINE)
        assert engine.SessionStore(session.session_key)["room"] == "lobby"

    def test_a_session_can_be_created_explicitly(self):
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        session.save(must_create=True)
        assert session_for_reply_channel("websocket.send!one")["room"] == "lobby"

    def test_two_that_save_first_do_not_fail(self):
        one, two = (session_for_reply_channel("websocket.send!one") for _ in range(2))
        one["room"] = "lobby"
        one.save()
        two["room"] = "kitchen"
        two.save()
        assert session_for_reply_channel("websocket.send!one")["room"] == "kitchen"

    def test_a_flushed_session_is_empty_and_goes_on_under_its_key(self):
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        session.save()
        session.flush()
        assert session_for_reply_channel("websocket.send!one").is_empty() is False
        assert list(session_for_reply_channel("websocket.send!one").keys()) == []
        session["room"] = "kitchen"
        session.save()
        assert session_for_reply_channel("websocket.send!one")["room"] == "kitchen"

    def test_it_is_kept_as_long_as_a_socket_may_be_silent(self, settings):
        settings.SESSION_COOKIE_AGE = 5
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        session.save()
        assert session_for_reply_channel("websocket.send!one").get_expiry_age() > 24 * 60 * 60
        settings.SESSION_COOKIE_AGE = 30 * 24 * 60 * 60
        assert session.get_expiry_age() == 30 * 24 * 60 * 60

    def test_a_login_leaves_it_under_its_key_with_what_it_holds(self, db):
        session = session_for_reply_channel("websocket.send!one")
        session["room"] = "lobby"
        request = HttpRequest()
        request.session = session
        user = User.objects.create(username="lin")
        login(request, user, "django.contrib.auth.backends.ModelBackend")
        save_if_modified(session)
        stored = session_for_reply_channel("websocket.send!one")
        assert stored["room"] == "lobby"
        assert get_user_id(stored) == user.pk

    def test_a_login_and_a_logout_of_a_coroutine_function_leave_it_under_its_key(self, db):
        session = session_for_reply_channel("websocket.send!one")
        key = session.session_key
        request = HttpRequest()
        request.session = session
        user = User.objects.create(username="lin")
        async_to_sync(alogin)(request, user, "django.contrib.auth.backends.ModelBackend")
        assert session.session_key == key
        save_if_modified(session)
        assert get_user_id(session_for_reply_channel("websocket.send!one")) == user.pk
        async_to_sync(alogout)(request)
        assert session.session_key == key
        assert list(session_for_reply_channel("websocket.send!one").keys()) == []


def test_a_short_age_of_cookies_does_not_end_the_session_of_a_silent_socket(settings, db):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    settings.SESSION_COOKIE_AGE = 5
    session = session_for_reply_channel("websocket.send!one")
    session["room"] = "lobby"
    session.save()
    in_an_hour = timezone.now() + timedelta(hours=1)
    with mock.patch("django.utils.timezone.now", return_value=in_an_hour):
        assert session_for_reply_channel("websocket.send!one")["room"] == "lobby"


def get_user_id(session):
    return int(session["_auth_user_id"])


def test_a_worker_that_is_overtaken_saves_what_it_has(file_sessions, monkeypatch):
    session = session_for_reply_channel("websocket.send!one")
    overtaking = session_for_reply_channel("websocket.send!one")
    save_first = type(session)._save_first

    def save_after_the_other(self):
        overtaking["room"] = "lobby"
        overtaking.save(must_create=True)
        save_first(self)

    monkeypatch.setattr(type(session), "_save_first", save_after_the_other)
    session["room"] = "kitchen"
    session.save()
    assert session_for_reply_channel("websocket.send!one")["room"] == "kitchen"


def test_channel_sessions_can_have_an_engine_of_their_own(settings, file_sessions):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.CHANNEL_SESSION_ENGINE = "django.contrib.sessions.backends.file"
    session = session_for_reply_channel("websocket.send!one")
    session["room"] = "lobby"
    session.save()
    assert session_for_reply_channel("websocket.send!one")["room"] == "lobby"


def test_sessions_in_cookies_are_refused(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    with pytest.raises(ValueError, match="CHANNEL_SESSION_ENGINE"):
        session_for_reply_channel("websocket.send!one")


class CountingStore(SessionBase):
    """Counts how often it is saved."""

    saves = 0

    def save(self, must_create=False):
        self.saves += 1
        if self.saves > 1:
            raise UpdateError

    def load(self):
        return {}


def test_only_changes_are_saved_and_only_once():
    session = CountingStore()
    save_if_modified(session)
    assert session.saves == 0
    session["room"] = "lobby"
    save_if_modified(session)
    save_if_modified(session)
    assert session.saves == 1
