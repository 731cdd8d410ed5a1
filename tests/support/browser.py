"""Chromium, found on this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Root, as in most CI containers, cannot use the sandbox; the rest keeps Chromium off the network.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

MISSING = (
    "Not run, for want of a Chromium: the browser tests in tests/e2e. Install one with "
    "`apt install chromium` or `python -m playwright install chromium`."
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium; without one, skip the test, or fail it where CI is set."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop in this thread, at which Django's ORM would take offence.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        program = find(playwright)
        if program is None:
            pytest.fail(MISSING) if os.environ.get("CI") else pytest.skip(MISSING)
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def find(playwright: Playwright) -> str | None:
    """Return the path of a Chromium: of the system, or the one that Playwright installed."""
    own = playwright.chromium.executable_path
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path), own if Path(own).exists() else None)
