from channels import route

channel_routing = [
    # All other requests go on to Django's views.
    route("http.request", "examples.hello.consumers.http_consumer", path=r"^/some/"),
]
