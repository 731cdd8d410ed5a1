"""Small helpers without a better home."""

from typing import Any


def name_that_thing(thing: Any) -> str:
    """Returns the dotted path of a function, method, class or instance, for log lines."""
    if hasattr(thing, "mock_calls"):
        return "<mock>"
    owner = getattr(thing, "__self__", None)
    if owner is not None and hasattr(thing, "__name__"):
        return f"{name_that_thing(owner)}.{thing.__name__}"
    if not hasattr(thing, "__qualname__"):
        thing = type(thing)
    return f"{thing.__module__}.{thing.__qualname__}"
