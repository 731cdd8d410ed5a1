"""Addresses of the API."""

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.routers import SimpleRouter

from tracker.api import me, notifications
from tracker.api.alerts import AlertViewSet
from tracker.api.areas import AreaViewSet
from tracker.api.incidents import IncidentViewSet

router = SimpleRouter()
router.register("incidents", IncidentViewSet, "api-incident")
router.register("areas", AreaViewSet, "api-area")
router.register("alerts", AlertViewSet, "api-alert")

urlpatterns = [
    path("", include(router.urls)),
    path("notifications/", notifications.NotificationsView.as_view(), name="api-notifications"),
    path("state/", notifications.StateView.as_view(), name="api-state"),
    path("me/", me.MeView.as_view(), name="api-me"),
    path("token/", me.TokenView.as_view(), name="api-token"),
    path("users/", me.UsersView.as_view(), name="api-users"),
    path("inbox/", me.InboxView.as_view(), name="api-inbox"),
    path("inbox/read/", me.InboxReadView.as_view(), name="api-inbox-read"),
    path("silences/", me.SilencesView.as_view(), name="api-silences"),
    path("silences/<int:area>/", me.SilenceView.as_view(), name="api-silence"),
    path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
]
