"""Tests of asgi_redis.crypto."""

import pytest

from asgi_redis.crypto import Cipher


@pytest.mark.parametrize("keys", [["a key"], [b"bytes"], ["short", "x" * 500], ("a", b"tuple")])
def test_what_is_encrypted_can_be_decrypted_and_not_read(keys):
    cipher = Cipher(keys)
    encrypted = cipher.encrypt(b"a secret message")
    assert b"secret" not in encrypted
    assert cipher.decrypt(encrypted) == b"a secret message"


def test_text_and_bytes_are_the_same_key():
    assert Cipher(["key"]).decrypt(Cipher([b"key"]).encrypt(b"x")) == b"x"


def test_keys_can_be_rotated():
    old, both, new = Cipher(["old"]), Cipher(["new", "old"]), Cipher(["new"])
    assert both.decrypt(old.encrypt(b"x")) == b"x"
    assert new.decrypt(both.encrypt(b"x")) == b"x"
    with pytest.raises(ValueError, match="none of the symmetric_encryption_keys"):
        old.decrypt(both.encrypt(b"x"))


@pytest.mark.parametrize("data", [b"", b"not encrypted", b"\xff" * 100])
def test_what_is_not_encrypted_is_refused(data):
    with pytest.raises(ValueError, match="none of the symmetric_encryption_keys"):
        Cipher(["key"]).decrypt(data)


@pytest.mark.parametrize("keys", ["one key", b"one key"])
def test_a_bare_key_is_refused(keys):
    with pytest.raises(ValueError, match="must be a list of keys"):
        Cipher(keys)


@pytest.mark.parametrize("keys", [[""], ["good", b""], [None]])
def test_an_empty_key_is_refused(keys):
    with pytest.raises(ValueError, match="has an empty key"):
        Cipher(keys)
