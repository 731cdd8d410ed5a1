"""The live map in a browser, as a person meets it."""

from playwright.sync_api import Page, expect

from tests.support.stack import PASSWORD, USERNAME

PATIENCE_MS = 30_000


def log_in(page: Page) -> Page:
    """Log in, which leads to the live map; return the page."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill(USERNAME)
    page.locator("[name=password]").fill(PASSWORD)
    submit(page)
    return page


def submit(page: Page) -> None:
    """Send the form of the page."""
    page.locator("main form[method=post] button.is-main").click()


def expect_live(page: Page) -> None:
    """Wait until the page is connected and complete."""
    expect(page.locator("#live-map")).to_have_attribute("data-phase", "live", timeout=PATIENCE_MS)


def expect_equal_to_database(page: Page, *names: str) -> None:
    """Wait for incidents in the list, then have the page compare its fingerprint."""
    expect_live(page)
    for name in names:
        label = page.locator(f"[data-list] .row-name:text-is('{name}')")
        expect(label).to_have_count(1, timeout=PATIENCE_MS)
    if not page.locator("[data-check]").is_visible():
        page.locator("[data-connection]").click()
    page.locator("[data-check]").click()
    expect(page.locator("[data-check-result=same]")).to_be_visible(timeout=PATIENCE_MS)
