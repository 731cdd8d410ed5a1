"""Nothing missed: whatever happens to an open page, in the end it equals the database.

The page compares itself: its fingerprint of the open incidents with the server's.
"""

import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.live_map import expect_equal_to_database, expect_live, log_in
from tests.support.stack import Stack
from tests.support.visitor import Visitor

CHANGES = 20
RECOVERY_SECONDS = 10

# More than is ever replayed, of an incident that stays what it is.
AN_HOUR = """
from django.db import transaction
from tracker.models import Incident
with transaction.atomic():
    incident = Incident.objects.get()
    for minute in range(1100):
        incident.description = f"Minute {minute}"
        incident.save()
    incident.severity = "UR"
    incident.save()
"""


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """The live map, with a session of its own; it is never loaded again."""
    context = browser.new_context(base_url=stack.url)
    page = log_in(context.new_page())
    expect_live(page)
    page.evaluate("window.isSameDocument = true")
    yield page
    assert page.evaluate("window.isSameDocument")
    context.close()


def expect_recovery(page: Page, *names: str) -> None:
    """Wait until the page equals the database, and no longer than is promised."""
    since = time.monotonic()
    expect_equal_to_database(page, *names)
    assert time.monotonic() - since < RECOVERY_SECONDS


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

    expect_recovery(page, *names)


def test_time_without_a_network(page, visitor):
    page.context.set_offline(True)
    expect(page.locator("#live-map")).to_have_attribute("data-phase", "offline")
    names = [report(visitor) for _ in range(3)]

    page.context.set_offline(False)

    expect_recovery(page, *names)


def test_restart_of_the_interface_server(page, visitor, stack):
    stack.daphne.kill()
    stack.daphne.start()
    stack.wait_until_answering()
    name = report(visitor)

    expect_recovery(page, name)


def test_redis_that_lost_everything(page, visitor, stack):
    stack.valkey.restart()
    stack.wait_until_answering()
    name = report(visitor)

    expect_recovery(page, name)


def test_sleep(page, visitor):
    """A laptop that sleeps: the page stands still, then goes on."""
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    names = [report(visitor) for _ in range(3)]

    session.send("Page.setWebLifecycleState", {"state": "active"})

    expect_recovery(page, *names)


def test_an_hour_away(page, visitor, stack):
    name = report(visitor)
    expect_equal_to_database(page, name)
    page.context.set_offline(True)
    expect(page.locator("#live-map")).to_have_attribute("data-phase", "offline")
    stack.shell(AN_HOUR)

    page.context.set_offline(False)

    expect_recovery(page, name)
    expect(page.locator("[data-list] .row-facts")).to_contain_text("Urgent")


def test_two_tabs(page, visitor):
    other = page.context.new_page()
    other.goto("/")
    expect_live(other)

    name = report(visitor)

    for tab in (page, other):
        expect_recovery(tab, name)


def test_signing_out_ends_every_tab(page):
    other = page.context.new_page()
    other.goto("/")
    expect_live(other)

    other.get_by_role("button", name="Sign out").click()

    expect(page.locator("#live-map")).to_have_attribute("data-phase", "signed-out")
