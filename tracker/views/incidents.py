"""Pages of incidents."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import CreateView, DeleteView, DetailView, ListView, UpdateView

from tracker import history
from tracker.filters import IncidentFilter
from tracker.forms import IncidentForm
from tracker.models import AreaOfInterest, Incident
from tracker.sorting import columns
from tracker.views.access import RoleRequired

PAGE_SIZE = 50


class IncidentListView(RoleRequired, ListView):
    """Incidents of any state, unless the filters ask for one."""

    permission_required = "tracker.view_incident"
    paginate_by = PAGE_SIZE

    def get_queryset(self) -> Any:
        chosen = {"state": "all", **self.request.GET.dict()}
        query = self.request.GET.copy()
        query["state"] = chosen["state"]
        rows = Incident.objects.published().order_by("-created", "-pk")
        self.filter = IncidentFilter(query, queryset=rows, request=self.request)
        return self.filter.qs if self.filter.is_valid() else rows.none()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.copy()
        query.pop("page", None)
        return super().get_context_data(
            filter=self.filter,
            query=query.urlencode(),
            columns=columns(self.filter.order),
            **kwargs,
        )


class _VisibleIncidents(RoleRequired):
    def get_queryset(self) -> Any:
        return Incident.objects.visible_to(self.request.user)


class IncidentDetailView(_VisibleIncidents, DetailView):
    permission_required = "tracker.view_incident"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            areas=AreaOfInterest.objects.alerted_by(self.object),
            alerts=self.object.alerts.with_people(),
            history=history.of(self.object),
            **kwargs,
        )


class IncidentCreateView(RoleRequired, CreateView):
    permission_required = "tracker.add_incident"
    model = Incident
    form_class = IncidentForm
    extra_context = {"heading": _("Add incident")}


class IncidentUpdateView(_VisibleIncidents, UpdateView):
    permission_required = "tracker.change_incident"
    form_class = IncidentForm
    extra_context = {"heading": _("Edit incident")}


class IncidentDeleteView(_VisibleIncidents, DeleteView):
    permission_required = "tracker.delete_incident"
    extra_context = {"heading": _("Delete incident")}
    success_url = reverse_lazy("incident-list")
