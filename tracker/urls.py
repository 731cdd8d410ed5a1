"""Addresses of the tracker."""

from django.urls import include, path, re_path
from django.views.i18n import JavaScriptCatalog

from tracker.views import (
    alerts,
    areas,
    features,
    health,
    home,
    incidents,
    reports,
    review,
    settings,
    transfer,
)

incident_patterns = [
    path("", incidents.IncidentListView.as_view(), name="incident-list"),
    path("add/", incidents.IncidentCreateView.as_view(), name="incident-add"),
    path("import/", transfer.IncidentImportView.as_view(), name="incident-import"),
    re_path(
        r"^export\.(?P<format>geojson|csv)$",
        transfer.IncidentExportView.as_view(),
        name="incident-export",
    ),
    path("<int:pk>/", incidents.IncidentDetailView.as_view(), name="incident-detail"),
    path("<int:pk>/edit/", incidents.IncidentUpdateView.as_view(), name="incident-edit"),
    path("<int:pk>/delete/", incidents.IncidentDeleteView.as_view(), name="incident-delete"),
]

area_patterns = [
    path("", areas.AreaListView.as_view(), name="area-list"),
    path("add/", areas.AreaCreateView.as_view(), name="area-add"),
    path("import/", transfer.AreaImportView.as_view(), name="area-import"),
    re_path(
        r"^export\.(?P<format>geojson|csv)$", transfer.AreaExportView.as_view(), name="area-export"
    ),
    path("<int:pk>/", areas.AreaDetailView.as_view(), name="area-detail"),
    path("<int:pk>/edit/", areas.AreaUpdateView.as_view(), name="area-edit"),
    path("<int:pk>/delete/", areas.AreaDeleteView.as_view(), name="area-delete"),
]

alert_patterns = [
    path("<int:pk>/", alerts.AlertDetailView.as_view(), name="alert-detail"),
    path("<int:pk>/acknowledge/", alerts.AcknowledgeView.as_view(), name="alert-acknowledge"),
    path("<int:pk>/assign/", alerts.AssignView.as_view(), name="alert-assign"),
    path("<int:pk>/comment/", alerts.CommentView.as_view(), name="alert-comment"),
]

urlpatterns = [
    path("", home.HomeView.as_view(), name="home"),
    path("report/", reports.ReportView.as_view(), name="report"),
    path("report/thanks/", reports.ReportThanksView.as_view(), name="report-thanks"),
    path("report/nearby/", reports.NearbyView.as_view(), name="report-nearby"),
    path("incidents.geojson", features.IncidentFeaturesView.as_view(), name="incidents-geojson"),
    path("incidents/", include(incident_patterns)),
    path("areas.geojson", features.AreaFeaturesView.as_view(), name="areas-geojson"),
    path("areas/", include(area_patterns)),
    path("inbox/", alerts.InboxView.as_view(), name="inbox"),
    path("inbox/read/", alerts.InboxReadView.as_view(), name="inbox-read"),
    path("alerts/", include(alert_patterns)),
    path("settings/alerts/", settings.AlertSettingsView.as_view(), name="alert-settings"),
    path("review/", review.ReviewView.as_view(), name="review"),
    path("review/<int:pk>/approve/", review.ApproveView.as_view(), name="review-approve"),
    path("review/<int:pk>/reject/", review.RejectView.as_view(), name="review-reject"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["tracker"]), name="javascript-catalog"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/v1/", include("tracker.api.urls")),
]
