from django.urls import path

from examples.tasks import views

app_name = "tasks"
urlpatterns = [
    path("", views.index, name="index"),
    path("queue/", views.queue, name="queue"),
]
