"""The public form."""

import logging
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.generic import FormView, TemplateView, View

from tracker import nearby, reports
from tracker.forms import NearbyForm, ReportForm
from tracker.origin import origin_of
from tracker.problems import first_message, problem_response

logger = logging.getLogger(__name__)


class ReportView(FormView):
    """The public form; a page that sends a kept draft asks for JSON and gets it."""

    form_class = ReportForm
    template_name = "tracker/report.html"
    success_url = reverse_lazy("report-thanks")

    def get_initial(self) -> dict[str, Any]:
        return {"key": str(uuid.uuid4())}

    def form_valid(self, form: ReportForm) -> HttpResponse:
        if form.cleaned_data["website"]:
            # A program filled in what people do not see; it need not learn that.
            logger.info("Dropped a report that filled in the trap")
            return self._thanks()
        try:
            self._take_in(form)
        except reports.ReportRefused as refusal:
            return self._refused(form, refusal)
        return self._thanks()

    def form_invalid(self, form: ReportForm) -> HttpResponse:
        if not self._wants_json():
            return super().form_invalid(form)
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        return problem_response(400, "invalid", first_message(errors), errors)

    def _take_in(self, form: ReportForm) -> None:
        incident = form.save(commit=False)
        incident.pending = reports.awaits_review()
        report = reports.Report(incident, form.cleaned_data["key"], origin_of(self.request))
        reports.take_in(report, settings.TRACKER_REPORTS_AN_HOUR)

    def _thanks(self) -> HttpResponse:
        if self._wants_json():
            return JsonResponse({"detail": _("Thank you. Your report has arrived.")}, status=201)
        return super().form_valid(None)

    def _refused(self, form: ReportForm, refusal: reports.ReportRefused) -> HttpResponse:
        if self._wants_json():
            response: HttpResponse = problem_response(refusal.status, refusal.code, str(refusal))
        else:
            form.add_error(None, str(refusal))
            response = self.render_to_response(
                self.get_context_data(form=form), status=refusal.status
            )
        if refusal.status == 429:
            response["Retry-After"] = str(int(reports.WINDOW.total_seconds()))
        return response

    def _wants_json(self) -> bool:
        return self.request.get_preferred_type(["text/html", "application/json"]) == (
            "application/json"
        )


class ReportThanksView(TemplateView):
    template_name = "tracker/report_thanks.html"


class NearbyView(View):
    """What was reported around `?latitude=&longitude=` in the last hours."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = NearbyForm(request.GET)
        if not form.is_valid():
            errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
            return problem_response(400, "invalid", first_message(errors), errors)
        found = nearby.reports(**form.cleaned_data)
        return JsonResponse(
            {"reports": found, "hours": nearby.HOURS, "radius_m": nearby.RADIUS_METRES}
        )
