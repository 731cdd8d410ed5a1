"""The pages in Chromium, against Django's live server.

Sockets are the tests' own here (`live_page`); tests/e2e has the real ones.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

import tracker
from tests.tracker.browser.live_page import LivePage
from tracker.models import AreaOfInterest

MODULES = Path(tracker.__file__).parent / "static/tracker/js"


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of the live server; the test fails if a script of it did."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="package")
def run(browser: Browser) -> Iterator[Callable[..., Any]]:
    """Call it to run a JavaScript function on a module of the tracker: `run(module, function)`.

    The modules come from the source tree: they need no server, and no database is prepared.
    """
    page = browser.new_page(base_url="http://modules.invalid")
    page.route("**/*", lambda route: route.fulfill(path=MODULES / Path(route.request.url).name))
    page.goto("/state.js")

    def run(module: str, function: str, argument: Any = None) -> Any:
        script = f"async (argument) => ({function})(await import('/{module}'), argument)"
        return page.evaluate(script, argument)

    yield run
    page.close()


@pytest.fixture
def operator_page(page: Page, user: User, client: Any, live_server: Any) -> Page:
    """A page whose user is logged in."""
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return page


@pytest.fixture
def area(make_area: Callable[..., AreaOfInterest]) -> AreaOfInterest:
    """An area in which incidents of `make_incident` are, unless it is told another place."""
    area = make_area(0, 50, 10, 60, name="North Sea", severity="ME")
    area.save()
    return area


@pytest.fixture
def live_page(operator_page: Page, user: User, notifications: Any) -> LivePage:
    """The live map, not opened yet."""
    return LivePage(operator_page, user, notifications)


@pytest.fixture
def live(live_page: LivePage) -> LivePage:
    """The live map, open and connected."""
    live_page.open()
    expect(live_page.connection).to_contain_text("Complete to #")
    return live_page
