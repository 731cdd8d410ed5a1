"""Nothing missed: whatever happens to an open page, in the end it equals the database.

The page compares itself: its fingerprint of the open incidents with the server's.
"""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import PASSWORD, USERNAME, Stack
from tests.support.visitor import Visitor

PATIENCE_MS = 30_000
CHANGES = 20


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """The live map, with a session of its own; it is never loaded again."""
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill(USERNAME)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form[method=post] button.is-main").click()
    expect_live(page)
    page.evaluate("window.isSameDocument = true")
    yield page
    assert page.evaluate("window.isSameDocument")
    context.close()


def expect_live(page: Page) -> None:
    expect(page.locator("#live-map")).to_have_attribute("data-phase", "live", timeout=PATIENCE_MS)


def expect_equal_to_database(page: Page, *names: str) -> None:
    expect_live(page)
    for name in names:
        label = page.locator(f"[data-list] .row-name:text-is('{name}')")
        expect(label).to_have_count(1, timeout=PATIENCE_MS)
    if not page.locator("[data-check]").is_visible():
        page.locator("[data-connection]").click()
    page.locator("[data-check]").click()
    expect(page.locator("[data-check-result=same]")).to_be_visible(timeout=PATIENCE_MS)


def report(visitor: Visitor) -> str:
    name = f"Incident {uuid.uuid4().hex[:6]}"
    visitor.post(
        "/incidents/add/",
        name=name,
        severity="ME",
        location_latitude="-20",
        location_longitude="-20",
    )
    return name


def test_many_changes(page, visitor):
    names = [report(visitor) for _ in range(CHANGES)]

    expect_equal_to_database(page, *names)


def test_time_without_a_network(page, visitor):
    page.context.set_offline(True)
    expect(page.locator("#live-map")).to_have_attribute("data-phase", "offline")
    names = [report(visitor) for _ in range(3)]

    page.context.set_offline(False)

    expect_equal_to_database(page, *names)


def test_restart_of_the_interface_server(page, visitor, stack):
    stack.daphne.kill()
    stack.daphne.start()
    stack.wait_until_answering()
    name = report(visitor)

    expect_equal_to_database(page, name)


def test_redis_that_lost_everything(page, visitor, stack):
    stack.valkey.restart()
    stack.wait_until_answering()
    name = report(visitor)

    expect_equal_to_database(page, name)


def test_sleep(page, visitor):
    """A laptop that sleeps: the page stands still, then goes on."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    names = [report(visitor) for _ in range(3)]

    session.send("Page.setWebLifecycleState", {"state": "active"})

    expect_equal_to_database(page, *names)
