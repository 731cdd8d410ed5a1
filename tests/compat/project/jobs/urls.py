from django.urls import re_path

from .views import detail

# For the tests: other addresses than in the project.
urlpatterns = [
    re_path(r"^elsewhere/(?P<pk>\d+)/$", detail),
]
