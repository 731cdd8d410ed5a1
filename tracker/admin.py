"""The admin: places are typed as latitude and longitude, areas as GeoJSON.

The log and the alerts can be looked at and not changed: the log is what happened, and alerts
follow rules.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracker.models import Alert, AreaOfInterest, Incident, Notification


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Incident)
class IncidentAdmin(admin.ModelAdmin):
    list_display = ["name", "severity", "closed", "created"]
    list_filter = ["severity", "closed", "created"]
    search_fields = ["name", "description"]
    readonly_fields = ["created", "updated"]


@admin.register(AreaOfInterest)
class AreaOfInterestAdmin(admin.ModelAdmin):
    list_display = ["name", "severity"]
    list_filter = ["severity"]
    search_fields = ["name"]


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ["incident_name", "area_name", "severity", "raised", "resolved"]
    list_filter = ["severity", "raised", "resolution"]
    search_fields = ["incident_name", "area_name"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["sequence", "kind", "subject", "actor", "created", "published"]
    list_filter = ["kind", "created"]
    search_fields = ["subject", "actor"]
