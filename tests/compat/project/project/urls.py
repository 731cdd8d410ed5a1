from django.urls import re_path

import jobs.views
import liveblog.views
import longpoll.views

urlpatterns = [
    re_path(r"^liveblog/(?P<slug>[^/]+)/posts/$", liveblog.views.add_post),
    re_path(r"^longpoll/wait/$", longpoll.views.wait),
    re_path(r"^longpoll/announce/$", longpoll.views.announce),
    re_path(r"^longpoll/waiting/$", longpoll.views.waiting),
    re_path(r"^jobs/$", jobs.views.start),
    re_path(r"^jobs/(?P<pk>\d+)/$", jobs.views.detail),
]
