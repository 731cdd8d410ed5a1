"""The rows of the map as GeoJSON: snapshots for the live pages."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.generic import View
from django_filters import FilterSet

from tracker.filters import AreaFilter, IncidentFilter, filtered
from tracker.models import AreaOfInterest, Incident, LogHead
from tracker.models.rows import MapQuerySet
from tracker.problems import first_message, problem_response
from tracker.views.access import RoleRequired

MAX_FEATURES = 5000


class FeatureCollectionView(RoleRequired, View):
    """Rows as GeoJSON, the worst first, with the position in the log from which to go on.

    `capped` tells that there are more than one answer holds. Without a login the answer is 403: a
    script follows no redirect.
    """

    raise_exception = True
    filter_class: type[FilterSet]
    rows: MapQuerySet

    def get(self, request: HttpRequest) -> HttpResponse:
        # Before the rows: what changes in between comes again as a notification.
        position = LogHead.current().position
        try:
            rows = filtered(self.filter_class, request, self.rows.all()).worst_first()
        except ValidationError as error:
            errors = error.message_dict
            return problem_response(400, "bad_filter", first_message(errors), errors)
        features = [row.geojson_feature for row in rows[: MAX_FEATURES + 1]]
        collection: dict[str, Any] = {
            "type": "FeatureCollection",
            "features": features[:MAX_FEATURES],
            "capped": len(features) > MAX_FEATURES,
            **position._asdict(),
        }
        headers = {"X-Position": str(position)}
        return JsonResponse(collection, content_type="application/geo+json", headers=headers)


class IncidentFeaturesView(FeatureCollectionView):
    """Open incidents, unless the filters ask for others."""

    permission_required = "tracker.view_incident"
    filter_class = IncidentFilter
    rows = Incident.objects.published()


class AreaFeaturesView(FeatureCollectionView):
    """Areas of interest."""

    permission_required = "tracker.view_areaofinterest"
    filter_class = AreaFilter
    rows = AreaOfInterest.objects.all()
