"""What a user does not want to hear."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.generic import View

from tracker import inboxes
from tracker.forms import SilenceForm
from tracker.models import AreaOfInterest, Silence
from tracker.views.access import RoleRequired

PAGE_SIZE = 50
FormSet = modelformset_factory(Silence, form=SilenceForm, extra=0)


class AlertSettingsView(RoleRequired, View):
    """Mute and quiet hours: one form for each area of a page."""

    permission_required = "tracker.view_alert"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = _page(request)
        return self._render(request, page, _formset(request.user, page))

    def post(self, request: HttpRequest) -> HttpResponse:
        page = _page(request)
        formset = _formset(request.user, page, request.POST)
        if not formset.is_valid():
            return self._render(request, page, formset)
        formset.save()
        inboxes.tell_silences(request.user)
        return redirect(request.get_full_path())

    def _render(self, request: HttpRequest, page: Page, formset: BaseModelFormSet) -> HttpResponse:
        context = {"formset": formset, "page_obj": page}
        return render(request, "tracker/alert_settings.html", context)


def _page(request: HttpRequest) -> Page:
    return Paginator(AreaOfInterest.objects.all(), PAGE_SIZE).get_page(request.GET.get("page"))


def _formset(user: Any, page: Page, data: Any = None) -> BaseModelFormSet:
    areas = list(page)
    _complete(user, areas)
    rows = Silence.objects.filter(user=user, area__in=areas).select_related("area")
    return FormSet(data, queryset=rows)


def _complete(user: Any, areas: list[AreaOfInterest]) -> None:
    """Add the rows of areas that have none, so that each has a form."""
    known = set(Silence.objects.filter(user=user, area__in=areas).values_list("area_id", flat=True))
    name = timezone.get_current_timezone_name()
    Silence.objects.bulk_create(
        [Silence(user=user, area=area, timezone=name) for area in areas if area.pk not in known],
        ignore_conflicts=True,
    )
