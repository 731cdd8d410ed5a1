"""The running system, for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from tests.support.processes import started
from tests.support.stack import PASSWORD, USERNAME, Stack
from tests.support.visitor import Visitor


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with started(Stack(tmp_path_factory.mktemp("stack"))) as stack:
        yield stack


@pytest.fixture(scope="session")
def operator(running_stack: Stack) -> Visitor:
    visitor = Visitor(running_stack.host)
    visitor.login(USERNAME, PASSWORD)
    return visitor


@pytest.fixture
def stack(running_stack: Stack, operator: Visitor) -> Iterator[Stack]:
    """The running system; what the test kills runs again afterwards, what it saves is gone."""
    yield running_stack
    running_stack.start_missing()
    operator.delete_everything()


@pytest.fixture
def anonymous(stack: Stack) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(stack.host)


@pytest.fixture
def visitor(stack: Stack, operator: Visitor) -> Visitor:
    """Somebody who is logged in."""
    return operator
