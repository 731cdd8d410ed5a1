"""Receivers of Django's signals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.dispatch import Signal


@contextmanager
def connected(signal: Signal, receiver: Callable[..., Any]) -> Iterator[None]:
    """Have a receiver called for a signal until the end of the block."""
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)
