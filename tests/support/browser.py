"""Chromium, found on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, sync_playwright

from tests.support.programs import missing

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Root, as in most CI containers, cannot use the sandbox; the rest keeps Chromium off the network.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

ADVICE = "Install one with `apt install chromium` or `python -m playwright install chromium`."


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a headless Chromium, as `launch` does."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps a loop in this thread, at which Django's ORM would take offence.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(kind: BrowserType, *arguments: str) -> Browser:
    """Start a headless Chromium; without one, skip the test, or fail it where CI is set.

    Args:
        kind: Playwright's Chromium.
        arguments: for the command line, besides those that all tests need.
    """
    program = find(kind)
    if program is None:
        missing("a Chromium", "the tests in a browser", ADVICE)
    return kind.launch(executable_path=program, args=[*ARGUMENTS, *arguments])


def find(kind: BrowserType) -> str | None:
    """Return the path of a Chromium: of the system, or the one that Playwright installed."""
    own = kind.executable_path
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path), own if Path(own).exists() else None)
