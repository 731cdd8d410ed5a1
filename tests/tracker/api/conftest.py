"""A program that talks to the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from tracker import tokens
from tracker.models import Alert


@pytest.fixture(autouse=True)
def unthrottled() -> None:
    """Requests of earlier tests do not count."""
    cache.clear()


@pytest.fixture
def program(make_user: Callable[[str], User]) -> Callable[[str], APIClient]:
    """Call it with a role for a client with a token."""

    def log_in(role: str) -> APIClient:
        client = APIClient()
        token, _expires = tokens.make(make_user(role))
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    return log_in


@pytest.fixture
def api(program: Callable[[str], APIClient]) -> APIClient:
    """The client of an operator."""
    return program("operator")


@pytest.fixture
def alert(make_area: Any, make_incident: Any) -> Alert:
    make_area(0, 0, 4, 4, name="Harbour").save()
    make_incident(1, 1).save()
    return Alert.objects.get()


@pytest.fixture
def refusal() -> Callable[..., dict[str, Any]]:
    """Checks that a response is a problem document, and returns it."""

    def check(response: Any, status: int, code: str) -> dict[str, Any]:
        problem = response.json()
        assert (response.status_code, problem["code"]) == (status, code), problem
        assert response["Content-Type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["detail"]
        return problem

    return check
