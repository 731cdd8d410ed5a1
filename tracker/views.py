"""Pages of the tracker. Reporting is open to everybody, all else to those who are logged in."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import reverse_lazy
from django.views.generic import (
    CreateView,
    DeleteView,
    DetailView,
    ListView,
    TemplateView,
    UpdateView,
    View,
)

from tracker.forms import AreaForm, IncidentForm, ReportForm
from tracker.geometry.bbox import parse_bbox
from tracker.models import AreaOfInterest, Incident, MapQuerySet, Severity

PAGE_SIZE = 50
MAX_FEATURES = 5000


class HomeView(LoginRequiredMixin, TemplateView):
    """The live map, and the worst open incidents as a list."""

    template_name = "tracker/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            incidents=Incident.objects.open().worst_first()[:PAGE_SIZE],
            areas=AreaOfInterest.objects.all()[:PAGE_SIZE],
            severities=Severity.choices,
            **kwargs,
        )


class ReportView(CreateView):
    """The public form."""

    form_class = ReportForm
    template_name = "tracker/report.html"
    success_url = reverse_lazy("report-thanks")


class ReportThanksView(TemplateView):
    template_name = "tracker/report_thanks.html"


class IncidentListView(LoginRequiredMixin, ListView):
    queryset = Incident.objects.all()
    paginate_by = PAGE_SIZE


class IncidentDetailView(LoginRequiredMixin, DetailView):
    model = Incident

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        areas = AreaOfInterest.objects.alerted_by(self.object)
        return super().get_context_data(areas=areas, **kwargs)


class IncidentCreateView(LoginRequiredMixin, CreateView):
    model = Incident
    form_class = IncidentForm


class IncidentUpdateView(LoginRequiredMixin, UpdateView):
    model = Incident
    form_class = IncidentForm


class IncidentDeleteView(LoginRequiredMixin, DeleteView):
    model = Incident
    success_url = reverse_lazy("incident-list")


class AreaListView(LoginRequiredMixin, ListView):
    model = AreaOfInterest
    template_name = "tracker/area_list.html"
    paginate_by = PAGE_SIZE


class AreaDetailView(LoginRequiredMixin, DetailView):
    model = AreaOfInterest
    template_name = "tracker/area_detail.html"


class AreaCreateView(LoginRequiredMixin, CreateView):
    model = AreaOfInterest
    form_class = AreaForm
    template_name = "tracker/area_form.html"


class AreaUpdateView(LoginRequiredMixin, UpdateView):
    model = AreaOfInterest
    form_class = AreaForm
    template_name = "tracker/area_form.html"


class AreaDeleteView(LoginRequiredMixin, DeleteView):
    model = AreaOfInterest
    template_name = "tracker/area_confirm_delete.html"
    success_url = reverse_lazy("area-list")


class FeatureCollectionView(LoginRequiredMixin, View):
    """Rows as GeoJSON, the worst first.

    `?bbox=west,south,east,north` limits them to a part of the map. `capped` tells that there are
    more than one answer holds. Without a login the answer is 403: a script follows no redirect.
    """

    raise_exception = True

    def get_queryset(self) -> MapQuerySet:
        raise NotImplementedError

    def get(self, request: HttpRequest) -> JsonResponse:
        rows = self.get_queryset().worst_first()
        if "bbox" in request.GET:
            try:
                rows = rows.overlapping(parse_bbox(request.GET["bbox"]))
            except ValidationError as error:
                return JsonResponse({"detail": error.messages[0]}, status=400)
        features = [row.geojson_feature for row in rows[: MAX_FEATURES + 1]]
        collection = {
            "type": "FeatureCollection",
            "features": features[:MAX_FEATURES],
            "capped": len(features) > MAX_FEATURES,
        }
        return JsonResponse(collection, content_type="application/geo+json")


class IncidentFeaturesView(FeatureCollectionView):
    """Open incidents; closed ones too with `?closed=1`."""

    def get_queryset(self) -> MapQuerySet:
        if self.request.GET.get("closed") == "1":
            return Incident.objects.all()
        return Incident.objects.open()


class AreaFeaturesView(FeatureCollectionView):
    """Areas of interest."""

    def get_queryset(self) -> MapQuerySet:
        return AreaOfInterest.objects.all()


BAD_REQUESTS: dict[type[Exception], str] = {
    RequestDataTooBig: "The request is too large. Send less at once.",
    TooManyFieldsSent: "The form has too many fields.",
    TooManyFilesSent: "The form has too many files.",
    MultiPartParserError: "The form was cut off or is not encoded as it claims. Send it again.",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that no view can read; Django logs the cause."""
    reason = BAD_REQUESTS.get(type(exception), "The server cannot make sense of this request.")
    return HttpResponse(f"400 Bad request. {reason}\n", status=400, content_type="text/plain")
