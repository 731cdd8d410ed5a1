"""The inbox, and what is done about one alert."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, TemplateView, View

from tracker import alerts, inboxes
from tracker.forms import AssignForm, CommentForm
from tracker.models import Alert, Inbox
from tracker.people import assignable
from tracker.views.access import RoleRequired

PAGE_SIZE = 50
STATES = {"active": _("Active"), **dict(Alert.State.choices), "all": _("All")}


class InboxView(RoleRequired, TemplateView):
    """The alerts, those of one burst together, the newest first; `?state=` limits them."""

    permission_required = "tracker.view_alert"
    template_name = "tracker/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = self.request.GET.get("state")
        if state not in STATES:
            state = "active"
        chosen = Alert.objects.all() if state == "all" else Alert.objects.in_state(state)
        inbox = Inbox.of(self.request.user)
        page = Paginator(_by_burst(chosen), PAGE_SIZE).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            bursts=_bursts(page, chosen, inbox.seen),
            page_obj=page,
            inbox=inbox.as_json(),
            state=state,
            states=list(STATES.items()),
            **kwargs,
        )


class InboxReadView(RoleRequired, View):
    """Everything is read."""

    permission_required = "tracker.view_alert"
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        inboxes.read(request.user)
        return redirect("inbox")


class AlertDetailView(RoleRequired, DetailView):
    permission_required = "tracker.view_alert"
    queryset = Alert.objects.with_people().select_related("incident", "area")
    template_name = "tracker/alert_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            comments=self.object.comments.select_related("author"),
            form=CommentForm(),
            assignees=assignable(),
            **kwargs,
        )


class AlertActionView(RoleRequired, View):
    """What a person does with an alert; a conflict is told on the alert's page."""

    permission_required = "tracker.change_alert"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        alert = get_object_or_404(Alert, pk=pk)
        try:
            self.act(alert)
        except alerts.AlertConflict as conflict:
            messages.error(request, str(conflict))
        return redirect(alert)

    def act(self, alert: Alert) -> None:
        raise NotImplementedError


class AcknowledgeView(AlertActionView):
    def act(self, alert: Alert) -> None:
        alerts.acknowledge(alert, self.request.user)


class AssignView(AlertActionView):
    def act(self, alert: Alert) -> None:
        form = AssignForm(self.request.POST)
        if form.is_valid():
            alerts.assign(alert, form.cleaned_data["user"])
        else:
            _tell_errors(self.request, form)


class CommentView(AlertActionView):
    def act(self, alert: Alert) -> None:
        form = CommentForm(self.request.POST)
        if form.is_valid():
            alerts.comment(alert, self.request.user, form.cleaned_data["text"])
        else:
            _tell_errors(self.request, form)


def _by_burst(chosen: Any) -> Any:
    """The bursts, the one with the newest alert first."""
    return chosen.order_by().values("burst").annotate(newest=Max("pk")).order_by("-newest")


def _bursts(page: Page, chosen: Any, seen: int) -> list[dict[str, Any]]:
    """The bursts of a page with their alerts, the newest first."""
    wanted = [row["burst"] for row in page]
    members: dict[int, list[Alert]] = {}
    for alert in chosen.filter(burst__in=wanted).with_people().order_by("-pk"):
        members.setdefault(alert.burst, []).append(alert)
    return [
        {
            "alerts": alerts,
            "latest": alerts[0],
            "size": len(alerts),
            "is_unread": alerts[0].pk > seen,
        }
        for alerts in members.values()
    ]


def _tell_errors(request: HttpRequest, form: Any) -> None:
    for errors in form.errors.values():
        messages.error(request, errors[0])
