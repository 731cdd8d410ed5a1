"""Every error of the API is a problem document."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from tracker.alerts import AlertConflict
from tracker.problems import CONTENT_TYPE, first_message, problem
from tracker.reports import ReportRefused
from tracker.transfer import TooMuch


class Conflict(exceptions.APIException):
    status_code = 409


class TooLarge(exceptions.APIException):
    status_code = 413


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception with a problem; DRF's EXCEPTION_HANDLER."""
    response = exception_handler(_translated(error), context)
    if response is None:
        return None
    errors = response.data if response.status_code == 400 else None
    if not isinstance(errors, dict) or set(errors) == {"detail"}:
        errors = None
    response.data = problem(
        response.status_code,
        _code(error),
        first_message(response.data if errors is None else errors),
        errors,
    )
    response.content_type = CONTENT_TYPE
    return response


def _translated(error: Exception) -> Exception:
    """The exceptions of the application as DRF knows them."""
    match error:
        case AlertConflict():
            return Conflict(str(error))
        case TooMuch():
            return TooLarge(first_message(error.messages))
        case RequestDataTooBig():
            return TooLarge("The request is too large. Send less at once.")
        case ReportRefused():
            refused = exceptions.APIException(str(error))
            refused.status_code = error.status
            return refused
        case ModelError():
            has_fields = hasattr(error, "error_dict")
            return exceptions.ValidationError(
                error.message_dict if has_fields else {"detail": error.messages[0]}
            )
    return error


def _code(error: Exception) -> str:
    match error:
        case AlertConflict() | ReportRefused():
            return error.code
        case TooMuch() | RequestDataTooBig():
            return "too_large"
        case Http404():
            return "not_found"
        case exceptions.ValidationError() | ModelError():
            return "invalid"
        case exceptions.APIException():
            codes = error.get_codes()
            return codes if isinstance(codes, str) else error.default_code
    return "permission_denied"
