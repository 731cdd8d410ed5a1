"""Tokens for programs: signed, good for a day, and worthless once the password changes."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

SALT = "tracker.tokens"
LIFETIME = timedelta(days=1)


class TokenRefused(Exception):
    """A token opens nothing.

    Attributes:
        code: `token_expired`, `token_invalid` or `account_disabled`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def make(user: Any) -> tuple[str, datetime]:
    """Return a token of a user, and when it expires."""
    token = signing.dumps([user.pk, _password_mark(user)], salt=SALT)
    return token, timezone.now() + LIFETIME


def user_of(token: str) -> Any:
    """Return the user whose token this is.

    Raises:
        TokenRefused: nobody's, or not any more.
    """
    try:
        pk, mark = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise TokenRefused(
            "token_expired", _("The token has expired: get a new one from /api/v1/token/.")
        ) from error
    except signing.BadSignature as error:
        raise _invalid() from error
    user = get_user_model().objects.filter(pk=pk).first()
    if user is None or not constant_time_compare(mark, _password_mark(user)):
        raise _invalid()
    if not user.is_active:
        raise TokenRefused("account_disabled", _("The account of this token is closed."))
    return user


def _password_mark(user: Any) -> str:
    return user.get_session_auth_hash()[:16]


def _invalid() -> TokenRefused:
    return TokenRefused(
        "token_invalid", _("The token is not valid: get a new one from /api/v1/token/.")
    )
