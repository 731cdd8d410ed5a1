"""Who calls the API: a browser with its session, or a program with a token."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tracker import tokens


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` (RFC 6750, section 2.1)."""

    def authenticate(self, request: Request) -> tuple[Any, str] | None:
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        text = token.decode("latin-1").strip()
        try:
            return tokens.user_of(text), text
        except tokens.TokenRefused as refusal:
            raise AuthenticationFailed(str(refusal), refusal.code) from refusal

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document describes it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
