import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_redis import RedisSentinelChannelLayer
from tracker_project.sentinel import sentinel_layer


def test_each_url_is_a_sentinel_of_its_service() -> None:
    layer = sentinel_layer(["sentinel://one:26380/main", "sentinel://two/main"])
    assert layer == {
        "BACKEND": "asgi_redis.RedisSentinelChannelLayer",
        "CONFIG": {"hosts": [("one", 26380), ("two", 26379)], "services": ["main"]},
    }


def test_the_layer_takes_it() -> None:
    layer = RedisSentinelChannelLayer(
        **sentinel_layer(["sentinel://one/a", "sentinel://one/b"])["CONFIG"]
    )
    assert [server.address for server in layer.servers] == ["sentinel://a", "sentinel://b"]


@pytest.mark.parametrize("url", ["sentinel://one", "sentinel:///main", "redis://one/main"])
def test_what_names_no_sentinel_is_refused_with_its_text(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=url):
        sentinel_layer(["sentinel://one/main", url])
