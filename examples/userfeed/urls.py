from django.urls import path

from examples.userfeed import views

app_name = "userfeed"
urlpatterns = [
    path("", views.index, name="index"),
    path("notify/", views.notify, name="notify"),
]
