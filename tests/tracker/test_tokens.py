import pytest

from tracker import tokens

pytestmark = pytest.mark.django_db


def refused_code(token: str) -> str:
    with pytest.raises(tokens.TokenRefused) as refusal:
        tokens.user_of(token)
    return refusal.value.code


def test_a_token_is_its_users(user):
    token, _expires = tokens.make(user)
    assert tokens.user_of(token) == user


def test_a_token_expires(user, monkeypatch):
    token, _expires = tokens.make(user)
    monkeypatch.setattr(tokens, "LIFETIME", -tokens.LIFETIME)
    assert refused_code(token) == "token_expired"


@pytest.mark.parametrize("change", [lambda token: "x" + token, lambda token: token[:-1], str.upper])
def test_a_token_that_was_tampered_with_is_nobodys(user, change):
    token, _expires = tokens.make(user)
    assert refused_code(change(token)) == "token_invalid"


def test_a_new_password_makes_tokens_worthless(user):
    token, _expires = tokens.make(user)
    user.set_password("another")
    user.save()
    assert refused_code(token) == "token_invalid"


def test_the_token_of_a_closed_account_says_so(user):
    token, _expires = tokens.make(user)
    user.is_active = False
    user.save()
    assert refused_code(token) == "account_disabled"


def test_the_token_of_a_deleted_user_is_nobodys(user):
    token, _expires = tokens.make(user)
    user.delete()
    assert refused_code(token) == "token_invalid"
