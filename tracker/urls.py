"""Addresses of the tracker."""

from django.urls import path
from django.views.i18n import JavaScriptCatalog

from tracker import views

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("report/", views.ReportView.as_view(), name="report"),
    path("report/thanks/", views.ReportThanksView.as_view(), name="report-thanks"),
    path("incidents/", views.IncidentListView.as_view(), name="incident-list"),
    path("incidents/add/", views.IncidentCreateView.as_view(), name="incident-add"),
    path("incidents/<int:pk>/", views.IncidentDetailView.as_view(), name="incident-detail"),
    path("incidents/<int:pk>/edit/", views.IncidentUpdateView.as_view(), name="incident-edit"),
    path("incidents/<int:pk>/delete/", views.IncidentDeleteView.as_view(), name="incident-delete"),
    path("incidents.geojson", views.IncidentFeaturesView.as_view(), name="incidents-geojson"),
    path("areas/", views.AreaListView.as_view(), name="area-list"),
    path("areas/add/", views.AreaCreateView.as_view(), name="area-add"),
    path("areas/<int:pk>/", views.AreaDetailView.as_view(), name="area-detail"),
    path("areas/<int:pk>/edit/", views.AreaUpdateView.as_view(), name="area-edit"),
    path("areas/<int:pk>/delete/", views.AreaDeleteView.as_view(), name="area-delete"),
    path("areas.geojson", views.AreaFeaturesView.as_view(), name="areas-geojson"),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["tracker"]), name="javascript-catalog"),
]
