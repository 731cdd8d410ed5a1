"""The running examples, and those who visit them."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus

from tests.examples.stack import ExamplesStack
from tests.support.stack import PASSWORD
from tests.support.visitor import CSRF_TOKEN, Visitor

PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def running_examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExamplesStack]:
    stack = ExamplesStack(tmp_path_factory.mktemp("examples"))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


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

    def submit(self, page: str, target: str, **fields: Any) -> tuple[int, str]:
        """Send a form of a page to its target; return the status and the text of the answer."""
        token = CSRF_TOKEN.search(self.get(page)[1])
        assert token is not None, f"no form at {page}"
        data = urlencode({**fields, "csrfmiddlewaretoken": token.group(1)}).encode()
        return self._open(Request(f"http://{self.host}{target}", data))

    def refused_with(self, path: str, **options: Any) -> int:
        """Return the status with which a handshake is refused."""
        with pytest.raises(InvalidStatus) as refused, self.socket(path, **options):
            pass
        return refused.value.response.status_code


def receive(connection: Any) -> dict[str, Any]:
    """Return the next frame, which has to be JSON."""
    return json.loads(connection.recv(timeout=30))


def receive_type(connection: Any, kind: str) -> dict[str, Any]:
    """Return the next frame of a type; others before it are passed over."""
    while (frame := receive(connection)).get("type") != kind:
        pass
    return frame
