"""Incidents and areas as files: GeoJSON in, GeoJSON and CSV out."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.generic import FormView, View
from django_filters import FilterSet

from tracker import transfer
from tracker.filters import AreaFilter, IncidentFilter, filtered
from tracker.forms import ImportForm
from tracker.models import AreaOfInterest, Incident
from tracker.models.rows import MapQuerySet, MapRow
from tracker.problems import first_message, problem_response
from tracker.views.access import RoleRequired


class ExportView(RoleRequired, View):
    """All rows that the filters leave, as a file."""

    name: str
    filter_class: type[FilterSet]
    rows: MapQuerySet

    def get(self, request: HttpRequest, format: str) -> HttpResponse | StreamingHttpResponse:
        try:
            rows = filtered(self.filter_class, request, self.rows.all())
        except ValidationError as error:
            errors = error.message_dict
            return problem_response(400, "bad_filter", first_message(errors), errors)
        chunks = rows.iterator(transfer.CHUNK)
        if format == "csv":
            lines, kind = transfer.write_csv(rows.model, chunks), "text/csv; charset=utf-8"
        else:
            lines, kind = transfer.write_geojson(chunks), "application/geo+json"
        disposition = f'attachment; filename="{self.name}.{format}"'
        return StreamingHttpResponse(
            lines, content_type=kind, headers={"Content-Disposition": disposition}
        )


class IncidentExportView(ExportView):
    permission_required = "tracker.view_incident"
    name = "incidents"
    filter_class = IncidentFilter
    rows = Incident.objects.published()


class AreaExportView(ExportView):
    permission_required = "tracker.view_areaofinterest"
    name = "areas"
    filter_class = AreaFilter
    rows = AreaOfInterest.objects.all()


class ImportView(RoleRequired, FormView):
    """A file of features: all of them are added, or none."""

    form_class = ImportForm
    template_name = "tracker/import.html"
    model: type[MapRow]
    name: str
    success_route: str

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(what=self.name, **{"errors": [], **kwargs})

    def form_valid(self, form: ImportForm) -> HttpResponse:
        try:
            document = transfer.parse(form.cleaned_data["file"].read())
            rows = transfer.read_rows(self.model, document)
        except ValidationError as error:
            context = self.get_context_data(form=form, errors=_texts(error))
            return self.render_to_response(context, status=400)
        self.model._default_manager.bulk_create(rows)
        return redirect(self.success_route)


class IncidentImportView(ImportView):
    permission_required = "tracker.add_incident"
    model, name, success_route = Incident, "incidents", "incident-list"


class AreaImportView(ImportView):
    permission_required = "tracker.add_areaofinterest"
    model, name, success_route = AreaOfInterest, "areas", "area-list"


def _texts(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return error.messages
    return [f"{place}: {text}" for place, texts in error.message_dict.items() for text in texts]
