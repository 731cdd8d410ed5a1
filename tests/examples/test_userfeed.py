"""Notifications to all tabs of one user, and to nobody else."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.examples.conftest import receive
from tests.support.stack import PASSWORD

TOKEN = re.compile(r'data-token="([^"]+)"')


def token_of(visitor):
    return TOKEN.search(visitor.get("/userfeed/")[1]).group(1)


def open_feed(visitor, *tokens):
    return visitor.socket("/ws/userfeed/", subprotocols=["userfeed", *tokens])


def user_id(stack, username):
    [[pk]] = stack.query("SELECT id FROM auth_user WHERE username = ?", username)
    return pk


def sign_in(page, username):
    page.goto("/userfeed/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("[data-connection]")).to_have_text("Live")


def test_all_tabs_of_a_user_are_notified_and_nobody_elses(new_page):
    one, other = new_page(), new_page()
    sign_in(one, "operator")
    second_tab = one.context.new_page()
    second_tab.goto("/userfeed/")
    expect(second_tab.locator("[data-connection]")).to_have_text("Live")
    sign_in(other, "admin")

    other.get_by_label("To").select_option(label="operator")
    other.get_by_label("Notification").fill("Your <b>report</b> is ready")
    other.keyboard.press("Enter")
    for tab in (one, second_tab):
        expect(tab.get_by_role("log")).to_have_text("Your <b>report</b> is ready")

    one.get_by_label("To").select_option(label="admin")
    one.get_by_label("Notification").fill("Thank you")
    one.keyboard.press("Enter")
    expect(other.get_by_role("log")).to_have_text("Thank you")


def test_a_notification_comes_from_a_view_and_from_a_shell(stack, visitor):
    visitor.sign_in("operator")
    me = user_id(stack, "operator")
    with open_feed(visitor, token_of(visitor)) as feed:
        assert feed.subprotocol == "userfeed"
        fields = {"user_id": me, "notification": "from a view"}
        assert visitor.submit("/userfeed/", "/userfeed/notify/", **fields)[0] == 202
        assert receive(feed) == {"notification": "from a view"}
        stack.shell(
            "from examples.userfeed.consumers import notify_user\n"
            f"notify_user({me}, {{'from': 'a shell'}})"
        )
        assert receive(feed) == {"notification": {"from": "a shell"}}


@pytest.mark.parametrize("user_id", ["999999", "-1", "abc", ""])
def test_an_unknown_user_id_is_answered(visitor, user_id):
    visitor.sign_in("operator")
    fields = {"user_id": user_id, "notification": "x"}
    status, answer = visitor.submit("/userfeed/", "/userfeed/notify/", **fields)

    assert status == 400
    assert "user_id" in json.loads(answer)["errors"]


@pytest.mark.parametrize("tokens", [[], ["nonsense"], ["1.1tRz0A.AAAA"]])
def test_a_socket_without_a_valid_token_is_refused(visitor, tokens):
    visitor.sign_in("operator")  # a cookie is no token

    protocols = {"subprotocols": ["userfeed", *tokens]}
    assert visitor.refused_with("/ws/userfeed/", **protocols) == 403
    assert visitor.refused_with("/ws/userfeed/") == 403


def test_the_page_is_for_those_who_are_signed_in(visitor):
    assert "Sign in" in visitor.get("/userfeed/")[1]
