from django.conf import settings
from django.urls import path
from django.views.generic import TemplateView

app_name = "sensors"
index = TemplateView.as_view(
    template_name="sensors/index.html", extra_context={"udp_port": settings.UDP_PORT}
)
urlpatterns = [path("", index, name="index")]
