from django.urls import path

from examples.sockets import views

app_name = "sockets"
urlpatterns = [
    path("echo/", views.echo, name="echo"),
    path("ping/", views.ping, name="ping"),
    path("chat/", views.chat, name="chat"),
    path("me/", views.me, name="me"),
    path("fail/", views.fail, name="fail"),
]
