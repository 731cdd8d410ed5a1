"""JSON as others send it, of which only that is read which can be stored and sent on."""

import json
from typing import Any


def read(text: str | bytes) -> Any:
    """Return the value of a JSON text (RFC 8259).

    Raises:
        ValueError: it is none, is nested too deeply, says NaN or Infinity, or has half of a
            surrogate pair, which could not be written again (section 8.2 there).
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        # Halves can only be written as escapes, and most texts have none.
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
