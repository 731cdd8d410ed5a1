"""Answers to requests that no view can read."""

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _

BAD_REQUESTS = {
    RequestDataTooBig: _("The request is too large. Send less at once."),
    TooManyFieldsSent: _("The form has too many fields."),
    TooManyFilesSent: _("The form has too many files."),
    MultiPartParserError: _("The form was cut off or is not encoded as it claims. Send it again."),
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that no view can read; Django logs the cause."""
    reason = BAD_REQUESTS.get(type(exception), _("The server cannot make sense of this request."))
    return HttpResponse(f"400 Bad request. {reason}\n", status=400, content_type="text/plain")
