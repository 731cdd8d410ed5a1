from django.urls import path
from django.views.generic import TemplateView

app_name = "hello"
urlpatterns = [path("", TemplateView.as_view(template_name="hello/index.html"), name="index")]
