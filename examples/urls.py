"""Addresses of the pages."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from examples.common.views import NickView

urlpatterns = [
    path("", TemplateView.as_view(template_name="examples/index.html"), name="index"),
    path("nick/", NickView.as_view(), name="nick"),
    path("hello/", include("examples.hello.urls")),
    path("notices/", include("examples.notices.urls")),
    path("chat/", include("examples.chat.urls")),
    path("userfeed/", include("examples.userfeed.urls")),
    path("game/", include("examples.game.urls")),
    path("tasks/", include("examples.tasks.urls")),
    path("sockets/", include("examples.sockets.urls")),
    path("sensors/", include("examples.sensors.urls")),
    path("tracker/", include("tracker.urls")),
    path("api/v1/", include("tracker.api.urls")),  # where the tracker's pages look for it
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
