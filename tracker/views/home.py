"""The live map."""

from typing import Any

from django.views.generic import TemplateView

from tracker.models import AreaOfInterest, Incident, Severity
from tracker.views.access import RoleRequired

LIST_SIZE = 50


class HomeView(RoleRequired, TemplateView):
    """The live map, and the worst open incidents as a list."""

    permission_required = "tracker.view_incident"
    template_name = "tracker/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            incidents=Incident.objects.open().worst_first()[:LIST_SIZE],
            areas=AreaOfInterest.objects.all()[:LIST_SIZE],
            severities=Severity.choices,
            **kwargs,
        )
