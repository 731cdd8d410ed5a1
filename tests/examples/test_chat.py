"""Rooms with history, and who is in them."""

import json
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.examples.conftest import ExamplesVisitor, receive, receive_type
from tests.support.waiting import wait_until


def path_of(room):
    return f"/ws/chat/{quote(room, safe='')}/"


def say(connection, text):
    connection.send(json.dumps({"message": text}))


def named(stack, nick):
    visitor = ExamplesVisitor(stack.host)
    visitor.submit("/chat/", "/nick/", nick=nick)
    return visitor


def open_room(page, room, nick):
    page.goto("/chat/")
    page.get_by_label("You are").fill(nick)
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("Open a room").fill(room)
    page.get_by_role("button", name="Open").click()
    expect(page.locator("[data-connection]")).to_have_text("Live")


def test_two_browsers_talk_and_a_third_reads_what_was_said(new_page):
    one, two, three = new_page(), new_page(), new_page()
    open_room(one, "大厅 / <1>?", "Ebb")
    open_room(two, "大厅 / <1>?", "Flow <b>")
    expect(one.get_by_role("log")).to_contain_text("@Flow <b> joined the room")

    two.get_by_label("Message", exact=True).fill("Good <i>morning</i>")
    two.keyboard.press("Enter")
    for page in (one, two):
        expect(page.get_by_role("log")).to_contain_text("Flow <b>Good <i>morning</i>")
        expect(page.locator("[data-present] li")).to_have_text(["Ebb", "Flow <b>"])

    open_room(three, "大厅 / <1>?", "Tide")
    expect(three.get_by_role("log")).to_contain_text("Good <i>morning</i>")
    two.close()
    expect(one.get_by_role("log")).to_contain_text("@Flow <b> left the room")
    expect(one.locator("[data-present] li")).to_have_text(["Ebb", "Tide"])


def test_a_page_says_nothing_twice_when_it_reconnects(new_page, stack):
    page = new_page()
    open_room(page, "reconnect", "Ebb")
    page.get_by_label("Message", exact=True).fill("once")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("once")

    stack.daphne.kill()
    expect(page.locator("[data-connection]")).to_have_text("Connecting…")
    stack.daphne.start()
    expect(page.locator("[data-connection]")).to_have_text("Live", timeout=60_000)
    page.get_by_label("Message", exact=True).fill("again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("again")
    expect(page.get_by_text("once")).to_have_count(1)


def test_who_crashed_is_not_there_any_more(stack):
    with named(stack, "Ghost").socket(path_of("haunted")):
        stack.daphne.kill()
    stack.daphne.start()
    stack.wait_until_answering()

    with named(stack, "Witness").socket(path_of("haunted")) as witness:
        wait_until(
            lambda: receive_type(witness, "present")["nicks"] == ["Witness"],
            "a room without the ghost",
            seconds=60,
        )


def test_two_tabs_of_a_browser_are_one_person(stack):
    visitor = named(stack, "Tabs")
    with visitor.socket(path_of("tabs")) as first:
        assert receive_type(first, "joined")["nick"] == "Tabs"
        assert receive_type(first, "present")["nicks"] == ["Tabs"]
        with visitor.socket(path_of("tabs")):
            assert receive(first) == {"type": "present", "nicks": ["Tabs"]}
        assert receive(first) == {"type": "present", "nicks": ["Tabs"]}


def test_messages_keep_their_order(stack):
    with named(stack, "Quick").socket(path_of("order")) as connection:
        for number in range(30):
            say(connection, str(number))
        said = [receive_type(connection, "message")["message"] for _ in range(30)]
    assert said == [str(number) for number in range(30)]


def test_a_worker_killed_in_a_conversation_loses_nothing(stack):
    with named(stack, "Steady").socket(path_of("worker")) as connection:
        for number in range(30):
            if number == 10:
                stack.workers[0].kill()
            say(connection, str(number))
        said = [receive_type(connection, "message")["message"] for _ in range(30)]
    assert sorted(set(said), key=int) == [str(number) for number in range(30)]


@pytest.mark.parametrize("room", ["r" * 200, "two words", "房间", "a/b", "?#%", "<script>"])
def test_a_room_may_have_any_name(visitor, room):
    with visitor.socket(path_of(room)) as connection:
        say(connection, room)
        assert receive_type(connection, "message")["message"] == room


def test_rooms_with_similar_names_are_different(visitor):
    with visitor.socket(path_of("a b")) as one, visitor.socket(path_of("a_b")) as two:
        say(one, "one")
        say(two, "two")
        assert receive_type(two, "message")["message"] == "two"


@pytest.mark.parametrize("name", ["..", "a/../b", "a//b", "r" * 201])
def test_a_name_that_cannot_be_an_address_is_refused_by_the_form(visitor, name):
    status, page = visitor.get(f"/chat/?room={quote(name, safe='')}")

    assert status == 200
    assert "errorlist" in page


def test_a_banned_nick_name_is_refused(stack):
    visitor = named(stack, "Rowdy")
    stack.shell("from examples.chat.models import Ban\nBan.objects.create(nick='Rowdy')")

    assert visitor.refused_with(path_of("lobby")) == 403
    with named(stack, "Calm").socket(path_of("lobby")) as other:
        assert receive_type(other, "history")


def test_a_page_of_another_site_is_refused(visitor):
    assert visitor.refused_with(path_of("lobby"), origin="http://attacker.example") == 403


@pytest.mark.parametrize("frame", ["no JSON", "{}", '{"message": 5}', '{"message": "  "}', b"\x80"])
def test_a_frame_that_says_nothing_is_answered(visitor, frame):
    with visitor.socket(path_of("bad")) as connection:
        connection.send(frame)
        assert receive_type(connection, "error")["error"]
        say(connection, "sense")
        assert receive_type(connection, "message")["message"] == "sense"


def test_a_message_that_is_too_long_is_answered(visitor):
    with visitor.socket(path_of("long")) as connection:
        say(connection, "x" * 4001)
        assert "1 to 4000 characters" in receive_type(connection, "error")["error"]


def test_a_nick_name_that_is_too_long_is_refused_by_the_form(visitor):
    page = visitor.submit("/chat/", "/nick/", nick="n" * 41, next="/chat/")[1]

    assert "at most 40 characters" in page


def test_the_form_for_the_nick_name_leads_to_no_other_site(visitor):
    status, page = visitor.submit("/chat/", "/nick/", nick="n", next="http://attacker.example/")

    assert status == 200
    assert "Eight systems" in page
