"""Programs that a machine may lack."""

import os
from typing import NoReturn

import pytest


def missing(what: str, tests: str, advice: str) -> NoReturn:
    """Skip the test for want of a program, or fail it where CI is set.

    Args:
        what: the program.
        tests: those that are not run without it.
        advice: how to install it.
    """
    message = f"Not run, for want of {what}: {tests}. {advice}"
    pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
