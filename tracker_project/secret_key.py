"""The secret key of a machine that was given none."""

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def local_secret_key(path: Path) -> str:
    """Return the key kept in the file, made on first use; only its owner can read it.

    Raises:
        ImproperlyConfigured: the file cannot be read or made.
    """
    try:
        if not path.exists():
            _create(path)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"SECRET_KEY is not set, and no key can be kept in {path} ({error.strerror}). "
            "Set SECRET_KEY to a long random text."
        ) from error


def _create(path: Path) -> None:
    """Daphne and the workers start together: the first complete file wins."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w") as file:
        file.write(get_random_secret_key())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
