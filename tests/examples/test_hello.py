"""A consumer that answers requests by itself."""

import re
import socket

import pytest
from playwright.sync_api import expect

ANSWER = re.compile(r"It is now \d{4}-\d\d-\d\d .+ and you've requested (\S+) with (.+) as request")


@pytest.mark.parametrize("path", ["/some/path", "/hello/some/path"])
def test_it_says_what_was_requested(visitor, path):
    status, text = visitor.get(f"{path}?foo=bar")

    assert status == 200
    assert ANSWER.match(text).groups() == (path, '{"foo": ["bar"]}')


def test_a_parameter_may_come_several_times_or_not_at_all(visitor):
    assert '{"a": ["1", "2"], "b": [""]}' in visitor.get("/some/path?a=1&b=&a=2")[1]
    assert "with {} as" in visitor.get("/some/path")[1]


def test_a_query_that_is_not_utf8_is_a_bad_request(stack, visitor):
    with socket.create_connection(("127.0.0.1", stack.port), timeout=30) as connection:
        # As no HTTP library would send it.
        connection.sendall(b"GET /some/path?\xff HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")

    assert visitor.get("/some/path")[0] == 200


def test_markup_in_the_path_stays_text(new_page):
    page = new_page()
    page.goto("/some/<b>path</b>?x=<i>")

    expect(page.locator("body")).to_contain_text('{"x": ["<i>"]}')
    expect(page.locator("b")).to_have_count(0)


def test_the_page_links_to_it(new_page):
    page = new_page()
    page.goto("/")
    page.get_by_role("link", name="hello").click()
    page.get_by_role("link", name="Or open it here").click()

    expect(page.locator("body")).to_contain_text('requested /some/path with {"foo": ["bar"]}')
