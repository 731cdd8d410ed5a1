from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.browser import chromium


@pytest.fixture
def no_chromium(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))


def start_browser():
    """Start one in a thread: in this one the browser of other tests may be running."""

    def start():
        with chromium():
            pass

    with ThreadPoolExecutor() as pool:
        pool.submit(start).result()


def test_without_chromium_the_test_is_skipped_with_advice(monkeypatch, no_chromium):
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="Chromium.*apt install"):
        start_browser()


def test_without_chromium_the_test_fails_in_ci(monkeypatch, no_chromium):
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="Chromium.*apt install"):
        start_browser()
