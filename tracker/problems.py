"""Errors for programs: problem details as JSON (RFC 9457)."""

from http import HTTPStatus
from typing import Any

from django.http import JsonResponse

CONTENT_TYPE = "application/problem+json"


def problem(
    status: int, code: str, detail: str, errors: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a problem object.

    Arguments:
        status: of HTTP.
        code: what went wrong, for programs.
        detail: what went wrong and what to do, for people.
        errors: texts by field.
    """
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return document if errors is None else {**document, "errors": errors}


def problem_response(
    status: int, code: str, detail: str, errors: dict[str, Any] | None = None
) -> JsonResponse:
    """Return a response that holds a problem; the arguments are those of `problem`."""
    document = problem(status, code, detail, errors)
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)


def first_message(errors: Any) -> str:
    """The first text in errors by field, or in a list of them."""
    while isinstance(errors, dict | list | tuple) and errors:
        errors = next(iter(errors.values())) if isinstance(errors, dict) else errors[0]
    return str(errors)
