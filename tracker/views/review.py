"""The queue of reports that await their review."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import ListView, View

from tracker.models import Incident
from tracker.views.access import RoleRequired

PAGE_SIZE = 50


class ReviewView(RoleRequired, ListView):
    """Reports under review, the one that waits longest first."""

    permission_required = "tracker.review_incident"
    queryset = Incident.objects.filter(pending=True).order_by("created", "pk")
    template_name = "tracker/review.html"
    paginate_by = PAGE_SIZE


class DecisionView(RoleRequired, View):
    """One decision about one report."""

    permission_required = "tracker.review_incident"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.decide(get_object_or_404(Incident, pk=pk, pending=True))
        return redirect("review")

    def decide(self, incident: Incident) -> Any:
        raise NotImplementedError


class ApproveView(DecisionView):
    def decide(self, incident: Incident) -> Any:
        incident.pending = False
        incident.save()


class RejectView(DecisionView):
    def decide(self, incident: Incident) -> Any:
        incident.delete()
