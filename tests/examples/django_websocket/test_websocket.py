"""A socket as a view sees it: one call for each frame."""

from contextlib import suppress

import pytest

from examples.django_websocket.websocket import Waiting, WebSocket


def greeter(websocket):
    websocket.send("welcome")
    while not websocket.closed:
        frame = websocket.receive()
        if frame == "bye":
            websocket.close()
        elif frame is not None:
            websocket.send(f"you said {frame}")
    websocket.send("too late")


def replies(view, *frames):
    websocket = WebSocket(*frames)
    try:
        view(websocket)
    except Waiting:
        return [*websocket.replies, "waits"]
    return websocket.replies


def test_what_comes_before_the_first_receive_is_said_once():
    assert replies(greeter) == [{"text": "welcome"}, "waits"]
    assert replies(greeter, "hello") == [{"text": "you said hello"}, "waits"]


def test_a_view_may_close_and_says_nothing_afterwards():
    assert replies(greeter, "bye") == [{"close": 1000}]


def test_the_last_call_runs_to_the_end():
    ended = []

    def view(websocket):
        while not websocket.closed:
            websocket.receive()
        ended.append(websocket.receive())

    assert replies(view, None) == []
    assert ended == [None]


def test_a_loop_that_does_not_look_whether_it_is_closed_ends_all_the_same():
    def view(websocket):
        while True:
            websocket.receive()

    assert replies(view, None) == ["waits"]


def test_an_except_clause_of_the_view_does_not_catch_the_waiting():
    def view(websocket):
        try:
            websocket.receive()
        except Exception:
            websocket.send("caught")

    assert replies(view) == ["waits"]


def test_bytes_are_sent_as_bytes_and_empty_frames_are_frames():
    def echo(websocket):
        while True:
            websocket.send(websocket.receive())

    assert replies(echo, b"") == [{"bytes": b""}, "waits"]
    assert replies(echo, "") == [{"text": ""}, "waits"]


def test_what_is_no_frame_is_an_error_that_names_its_type():
    with pytest.raises(TypeError, match="str or bytes, not dict"):
        WebSocket().send({"text": "x"})


def test_a_group_is_joined_when_the_socket_opens_and_not_by_every_call():
    def view(websocket):
        websocket.join("early")
        websocket.receive()
        websocket.join("late")

    assert joined(view) == ["early"]
    assert joined(view, "frame") == ["late"]
    assert joined(view, None) == []


def joined(view, *frames):
    websocket = WebSocket(*frames)
    with suppress(Waiting):
        view(websocket)
    return websocket.groups
