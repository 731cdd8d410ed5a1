"""The running examples, and those who visit them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.examples.stack import ExamplesStack
from tests.support.processes import started
from tests.support.stack import PASSWORD
from tests.support.visitor import Visitor

PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def running_examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExamplesStack]:
    with started(ExamplesStack(tmp_path_factory.mktemp("examples"))) as stack:
        yield stack


@pytest.fixture
def stack(running_examples: ExamplesStack) -> Iterator[ExamplesStack]:
    """The running examples; what the test kills runs again afterwards."""
    yield running_examples
    running_examples.start_missing()


@pytest.fixture
def visitor(stack: ExamplesStack) -> "ExamplesVisitor":
    """Somebody with a session of their own."""
    return ExamplesVisitor(stack.host)


@pytest.fixture
def new_page(stack: ExamplesStack, browser: Browser) -> Iterator[Callable[[], Page]]:
    """Opens pages, each in a browser session of its own. The test fails if one has errors."""
    expect.set_options(timeout=PATIENCE_MS)
    contexts = []
    errors = []

    def new_page() -> Page:
        context = browser.new_context(base_url=stack.url)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert not errors


class ExamplesVisitor(Visitor):
    """A client of the examples."""

    def socket(self, path: str, **options: Any) -> Any:
        # A client with a full queue stops reading, and then waits long for the end of a close.
        return super().socket(path, max_queue=None, **options)

    def sign_in(self, username: str) -> "ExamplesVisitor":
        self.login(username, PASSWORD)
        return self


def receive(connection: Any) -> dict[str, Any]:
    """Return the next frame, which has to be JSON."""
    return json.loads(connection.recv(timeout=30))


def receive_type(connection: Any, kind: str) -> dict[str, Any]:
    """Return the next frame of a type; others before it are passed over."""
    while (frame := receive(connection)).get("type") != kind:
        pass
    return frame
