"""The main job: an incident reported in one browser appears on the live maps of others.

Two logged-in pages are open all the time and are never loaded again.
"""

import re
import statistics
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.live_map import PATIENCE_MS, expect_live, log_in, submit
from tests.support.stack import Stack
from tests.support.visitor import Visitor
from tests.support.waiting import wait_until

SAVES = 20

# Far enough from each other that no two markers melt into one cluster.
OPEN_SEA = {"location_latitude": "-20", "location_longitude": "-20"}
ELSEWHERE = {"location_latitude": "-20", "location_longitude": "80"}
IN_THE_AREA = {"location_latitude": "45", "location_longitude": "25"}
AREA = '{"type": "Polygon", "coordinates": [[[20, 40], [30, 40], [30, 50], [20, 50], [20, 40]]]}'

# Keeps the moment at which each marker came, as milliseconds since the epoch.
WATCH_MARKERS = """() => {
    window.isSameDocument = true;
    window.seen = {};
    const note = (node) => {
        const label = node.getAttribute?.("aria-label");
        if (label) window.seen[label.split(",")[0]] ??= Date.now();
    };
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(note)))
        .observe(document.querySelector(".leaflet-marker-pane"), { childList: true });
}"""


@pytest.fixture(scope="module")
def open_pages(browser: Browser, running_stack: Stack) -> Iterator[list[Page]]:
    """Two live maps, each with a session of its own."""
    contexts = [browser.new_context(base_url=running_stack.url) for _ in range(2)]
    pages = [log_in(context.new_page()) for context in contexts]
    for page in pages:
        expect_live(page)
        page.evaluate(WATCH_MARKERS)
    yield pages
    for context in contexts:
        context.close()


@pytest.fixture
def pages(stack: Stack, open_pages: list[Page]) -> Iterator[list[Page]]:
    """The live maps; the test fails if one of them was loaded again."""
    for page in open_pages:
        expect_live(page)
    yield open_pages
    assert all(page.evaluate("window.isSameDocument") for page in open_pages)


@pytest.fixture(scope="module")
def form(browser: Browser, running_stack: Stack) -> Iterator[Page]:
    """A third page, logged in, in which a person fills in forms."""
    context = browser.new_context(base_url=running_stack.url)
    yield log_in(context.new_page())
    context.close()


@pytest.fixture
def name() -> str:
    """A name for an incident."""
    return f"Incident {uuid.uuid4().hex[:6]}"


def report(page: Page, name: str, place: dict[str, str], severity: str = "ME") -> None:
    """Report an incident through the public form."""
    page.goto("/report/")
    page.locator("[name=name]").fill(name)
    page.locator(f"[name=severity][value={severity}]").check(force=True)
    fill_in_place(page, place)
    submit(page)
    expect(page).to_have_url(re.compile("/report/thanks/"), timeout=PATIENCE_MS)


def fill_in_place(page: Page, place: dict[str, str]) -> None:
    for field, value in place.items():
        page.locator(f"[name={field}]").fill(value)


def marker(page: Page, name: str) -> Locator:
    return page.locator(f".leaflet-marker-pane [aria-label^='{name},']")


def expect_marker(pages: list[Page], name: str) -> None:
    for page in pages:
        expect(marker(page, name)).to_be_visible(timeout=PATIENCE_MS)


def expect_no_marker(pages: list[Page], name: str) -> None:
    for page in pages:
        expect(marker(page, name)).to_have_count(0, timeout=PATIENCE_MS)


def edit_address(page: Page, name: str) -> str:
    """Return where an incident on the live map is edited."""
    link = page.locator(f"[data-list] a[aria-label*='{name},']")
    return f"{link.get_attribute('href')}edit/"


def test_reported_incident_appears_on_every_page(pages, form, name):
    report(form, name, OPEN_SEA)

    expect_marker(pages, name)


def test_edit_moves_the_marker(pages, form, name):
    report(form, name, OPEN_SEA)
    expect_marker(pages, name)
    before = [marker(page, name).bounding_box() for page in pages]

    form.goto(edit_address(pages[0], name))
    fill_in_place(form, ELSEWHERE)
    submit(form)

    for page, box in zip(pages, before, strict=True):
        wait_until(
            lambda page=page, box=box: marker(page, name).bounding_box()["x"] > box["x"] + 100,
            "the marker further east",
        )


def test_closing_removes_the_marker(pages, form, name):
    report(form, name, OPEN_SEA)
    expect_marker(pages, name)

    form.goto(edit_address(pages[0], name))
    form.locator("[name=closed]").check()
    submit(form)

    expect_no_marker(pages, name)


def test_deletion_removes_the_marker(pages, form, name):
    report(form, name, OPEN_SEA)
    expect_marker(pages, name)

    form.goto(edit_address(pages[0], name).replace("/edit/", "/delete/"))
    form.locator("main form[method=post] button").click()

    expect_no_marker(pages, name)


def test_incident_in_an_area_of_interest_raises_the_alert(pages, form, name, visitor):
    visitor.post("/areas/add/", name=f"Area of {name}", severity="HI", polygon=AREA)

    report(form, name, IN_THE_AREA, severity="UR")

    for page in pages:
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(name, timeout=PATIENCE_MS)
        expect(alert).to_contain_text(f"Area of {name}")


def test_incident_outside_raises_no_alert(pages, form, name, visitor):
    visitor.post("/areas/add/", name=f"Area of {name}", severity="HI", polygon=AREA)

    report(form, name, OPEN_SEA, severity="UR")

    expect_marker(pages, name)
    for page in pages:
        expect(page.get_by_role("alert")).not_to_contain_text(name)


def test_killed_worker_changes_nothing_for_the_pages(pages, form, name, stack):
    stack.workers[0].kill()

    report(form, name, OPEN_SEA)

    expect_marker(pages, name)


def test_open_page_gets_the_next_incident_after_redis_lost_everything(pages, form, name, stack):
    stack.valkey.restart()
    stack.wait_until_answering()

    report(form, name, OPEN_SEA)

    expect_marker(pages, name)


def test_each_of_many_saves_becomes_a_marker_in_another_browser(pages, name, visitor, capsys):
    """Prints how long that took, which is for people to judge."""
    delays = [delay(pages[1], visitor, f"{name}-{number}") for number in range(SAVES)]

    assert all(delay >= 0 for delay in delays), "a marker before its save, or one that was not seen"
    with capsys.disabled():
        print(
            f"\nsave to marker in another browser: median {statistics.median(delays):.0f} ms,"
            f" longest {max(delays):.0f} ms, {SAVES} saves"
        )


def delay(page: Page, visitor: Visitor, name: str) -> float:
    """Save one incident, and return the milliseconds from its time of creation to its marker."""
    visitor.post("/incidents/add/", name=name, severity="ME", **OPEN_SEA)
    expect_marker([page], name)
    [feature] = visitor.features("incidents")
    visitor.delete_everything()
    expect_no_marker([page], name)
    return page.evaluate(
        "([name, created]) => window.seen[name] - Date.parse(created)",
        [name, feature["properties"]["created"]],
    )
