from django.urls import path

from examples.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.index, name="index"),
    path("send/", views.send, name="send"),
    path("room/<path:room>/", views.room, name="room"),
]
