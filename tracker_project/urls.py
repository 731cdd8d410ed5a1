"""Addresses: the tracker at the root, accounts and the admin beside it."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

urlpatterns = [
    path("", include("tracker.urls")),
    path("jsi18n/", JavaScriptCatalog.as_view(packages=["tracker"]), name="javascript-catalog"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "tracker.views.bad_request"
