"""Whether the CONFIG of a layer can work: each mistake is a ValueError that names the setting."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def check_seconds(name: str, value: Any) -> None:
    """Raises ValueError unless the setting is a length of time."""
    if not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a number of seconds above 0, not {value!r}.")


def check_capacity(name: str, value: Any, least: int = 1) -> None:
    """Raises ValueError unless the setting is a number of messages."""
    if not isinstance(value, int) or value < least:
        raise ValueError(
            f"{name} must be a whole number of messages, {least} or more, not {value!r}."
        )


def check_text(name: str, value: Any) -> None:
    """Raises ValueError unless the setting is a str."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a str, not {value!r}.")


def globs(name: str, value: Any) -> tuple[str, ...]:
    """Returns patterns; raises ValueError unless the setting is a list of them."""
    if isinstance(value, str):  # which would be taken apart into its letters
        raise ValueError(f"{name} must be a list, even of one glob: write [{value!r}].")
    found = tuple(value) if isinstance(value, Iterable) else (value,)
    if not all(isinstance(glob, str) for glob in found):
        raise ValueError(f"{name} must be a list of globs of channel names, not {value!r}.")
    return found


def capacity_pairs(name: str, value: Any) -> list[tuple[Any, int]]:
    """Returns pairs of pattern and capacity; raises ValueError unless the setting has such."""
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        pairs = [(pattern, capacity) for pattern, capacity in pairs]
    except (TypeError, ValueError):
        raise ValueError(
            f"{name} must be a dict of globs or compiled regular expressions to numbers,"
            f" not {value!r}."
        ) from None
    for pattern, capacity in pairs:
        if not isinstance(pattern, str) and not hasattr(pattern, "match"):
            raise ValueError(
                f"{name} has the key {pattern!r}: write a glob or a compiled regular expression."
            )
        # One channel may be closed to all; a layer that takes nothing is a mistake.
        check_capacity(f"{name}[{pattern!r}]", capacity, least=0)
    return pairs
