from django.urls import path

from examples.game import views

app_name = "game"
urlpatterns = [
    path("", views.index, name="index"),
    path("<path:room>/", views.room, name="room"),
]
