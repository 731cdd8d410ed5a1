"""The admin: places are typed as latitude and longitude, areas as GeoJSON."""

from django.contrib import admin

from tracker.models import AreaOfInterest, Incident


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
