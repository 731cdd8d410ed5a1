"""The pages, at the addresses of the sockets that they open."""

from django.urls import path
from django.views.generic import TemplateView

app_name = "sockets"
urlpatterns = [
    path("", TemplateView.as_view(template_name="sockets/index.html"), name="index"),
    path("echo/", TemplateView.as_view(template_name="sockets/echo.html"), name="echo"),
    path("ping/", TemplateView.as_view(template_name="sockets/ping.html"), name="ping"),
    path("chat/", TemplateView.as_view(template_name="sockets/chat.html"), name="chat"),
]
