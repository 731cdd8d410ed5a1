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


def test_a_login_is_that_of_the_primaries() -> None:
    urls = [f"sentinel://app:p%40ss@{host}/main" for host in ("one", "two")]
    layer = RedisSentinelChannelLayer(**sentinel_layer(urls)["CONFIG"])
    options = layer.servers[0].sync_pool(1.0).connection_kwargs
    assert (options["username"], options["password"]) == ("app", "p@ss")
    assert sentinel_layer(["sentinel://:secret@one/main"])["CONFIG"]["connection_kwargs"] == {
        "password": "secret"
    }


@pytest.mark.parametrize("other", ["sentinel://:other@two/main", "sentinel://two/main"])
def test_logins_that_differ_are_refused(other: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="different logins"):
        sentinel_layer(["sentinel://:secret@one/main", other])


def test_no_message_shows_a_password() -> None:
    with pytest.raises(ImproperlyConfigured, match="'one'") as caught:
        sentinel_layer(["sentinel://:secret@one"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["sentinel://one", "sentinel:///main", "redis://one/main"])
def test_what_names_no_sentinel_is_refused_with_its_text(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=url):
        sentinel_layer(["sentinel://one/main", url])
