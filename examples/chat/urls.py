from django.urls import path

from examples.chat import views

app_name = "chat"
urlpatterns = [
    path("", views.index, name="index"),
    path("<path:room>/", views.room, name="room"),
]
