"""Views for WebSockets, over real processes."""

import json

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed

from tests.examples.conftest import receive
from tests.support.waiting import wait_until


def closed_with(connection):
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=30)
    return closed.value.rcvd.code


def test_echo_says_back_what_it_gets(visitor):
    with visitor.socket("/sockets/echo/") as connection:
        for frame in ("hello", "", "你好 <b>", b"\x00\xff", "x" * 500_000):
            connection.send(frame)
            assert connection.recv(timeout=30) == frame


def test_frames_that_come_at_once_keep_their_order(visitor):
    with visitor.socket("/sockets/echo/") as connection:
        for number in range(40):
            connection.send(str(number))
        assert [connection.recv(timeout=30) for _ in range(40)] == list(map(str, range(40)))


def test_ping_is_answered_with_pong_pong_with_ping_and_all_else_not(visitor):
    with visitor.socket("/sockets/ping/") as connection:
        for frame in ("ping", "hello", b"ping", "pong"):
            connection.send(frame)
        assert [connection.recv(timeout=30) for _ in range(2)] == ["pong", "ping"]


def test_workers_may_die_while_sockets_are_open(stack, visitor):
    with visitor.socket("/sockets/echo/") as connection:
        for worker in stack.workers:
            worker.kill()
            worker.start()
        connection.send("still there")
        assert connection.recv(timeout=60) == "still there"


def test_a_message_that_no_form_accepts_is_answered(visitor):
    message = {"user": "Ebb", "color": "#2a9d8f", "message": "hello"}
    with visitor.socket("/sockets/chat/") as connection:
        connection.send(json.dumps({**message, "color": "red; background: url(x)"}))
        assert list(receive(connection)["errors"]) == ["color"]
        connection.send("no JSON")
        assert sorted(receive(connection)["errors"]) == ["color", "message", "user"]
        connection.send(json.dumps({**message, "user": "u" * 41}))
        assert list(receive(connection)["errors"]) == ["user"]
        connection.send(json.dumps(message))
        assert receive(connection) == message


def test_an_address_that_no_pattern_matches_is_not_found(visitor):
    assert visitor.refused_with("/sockets/nothing/") == 404
    assert visitor.refused_with("/nowhere/") == 404


def test_a_view_that_raises_closes_its_socket_and_is_logged(stack, visitor):
    with visitor.socket("/sockets/fail/") as connection:
        connection.send("x")
        assert closed_with(connection) == 1011
    wait_until(lambda: "This view always fails." in stack.worker_output(), "the cause in the log")
    with visitor.socket("/sockets/echo/") as connection:
        connection.send("next")
        assert connection.recv(timeout=30) == "next"


def test_django_decorators_are_applied_to_the_handshake(visitor):
    assert visitor.refused_with("/sockets/me/") == 403

    with visitor.sign_in("operator").socket("/sockets/me/") as connection:
        assert connection.recv(timeout=30) == "operator"


def test_a_socket_closes_when_its_user_has_signed_out(visitor):
    with visitor.sign_in("operator").socket("/sockets/me/") as connection:
        connection.recv(timeout=30)
        visitor.submit("/userfeed/", "/accounts/logout/")
        connection.send("who am I?")
        assert closed_with(connection) == 4403


def test_a_page_of_another_site_is_refused(visitor):
    assert visitor.refused_with("/sockets/echo/", origin="http://attacker.example") == 403


def test_a_socket_has_no_page_unless_there_is_one(visitor):
    assert visitor.get("/sockets/me/")[0] == 404


def test_windows_chat_under_names_in_colours(new_page):
    one, two = new_page(), new_page()
    for page in (one, two):
        page.goto("/sockets/")
        page.get_by_role("link", name="chat").click()
        expect(page.locator("[data-connection]")).to_have_text("Live")
    one.get_by_label("Name", exact=True).fill("Ebb <b>")
    one.get_by_label("Colour of the name").fill("#d1495b")
    one.get_by_label("Message").fill("Hello <i>windows</i>")
    one.keyboard.press("Enter")
    for page in (one, two):
        expect(page.get_by_role("log")).to_have_text("Ebb <b>Hello <i>windows</i>")
        expect(page.locator("[data-log] b")).to_have_css("color", "rgb(209, 73, 91)")

    one.get_by_label("Name", exact=True).fill("Flow")
    one.get_by_label("Message").fill("Renamed")
    one.keyboard.press("Enter")
    expect(two.get_by_role("log")).to_contain_text("FlowRenamed")


@pytest.mark.parametrize(("page_name", "answer"), [("echo", "ping"), ("ping", "pong")])
def test_the_pages_talk_to_the_address_that_the_tag_gives(new_page, stack, page_name, answer):
    page = new_page()
    page.goto(f"/sockets/{page_name}/")
    expect(page.locator("code")).to_have_text(f"ws://{stack.host}/sockets/{page_name}/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    page.get_by_label("Frame").fill("ping")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text(f"← {answer}")
