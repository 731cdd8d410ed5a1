"""Encryption of messages with the `symmetric_encryption_keys` setting."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence


class Cipher:
    """Encrypts with the first key and decrypts with any, so that keys can be rotated.

    Arguments:
        keys: strings or bytes of any length, for example [SECRET_KEY].

    Raises:
        ValueError: it is one bare string, or empty strings are among them.
    """

    def __init__(self, keys: Sequence[str | bytes]) -> None:
        # Not every project encrypts, and the package is large.
        from cryptography.fernet import Fernet, InvalidToken, MultiFernet

        if isinstance(keys, str | bytes):
            raise ValueError("symmetric_encryption_keys must be a list of keys, not one key.")
        if not all(keys):
            raise ValueError("symmetric_encryption_keys has an empty key.")
        self._invalid = InvalidToken
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in keys])

    def encrypt(self, data: bytes) -> bytes:
        """Returns the data encrypted."""
        return self._fernet.encrypt(data)

    def decrypt(self, data: bytes) -> bytes:
        """Returns the data; raises ValueError if it was encrypted with none of the keys."""
        try:
            return self._fernet.decrypt(data)
        except self._invalid as error:
            raise ValueError(
                "A message was encrypted with none of the symmetric_encryption_keys."
            ) from error


def _fernet_key(key: str | bytes) -> bytes:
    raw = key.encode() if isinstance(key, str) else key
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest())
