"""The REDIS_URL setting where it names sentinels."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEME = "sentinel://"


def sentinel_layer(urls: list[str]) -> dict[str, Any]:
    """Return BACKEND and CONFIG of a channel layer behind sentinels.

    Arguments:
        urls: one for each sentinel, such as `sentinel://host:26379/service`; several services
            share the channels among them.

    Raises:
        ImproperlyConfigured: one of them names no sentinel.
    """
    hosts, services = [], []
    for url in urls:
        parts = urlsplit(url)
        service = parts.path.strip("/")
        if not url.startswith(SCHEME) or not parts.hostname or not service:
            raise ImproperlyConfigured(
                f"REDIS_URL has {url!r} among its sentinels: write each of them as "
                "sentinel://host:26379/service, separated by commas."
            )
        hosts.append((parts.hostname, parts.port or 26379))
        services.append(service)
    return {
        "BACKEND": "asgi_redis.RedisSentinelChannelLayer",
        "CONFIG": {"hosts": hosts, "services": list(dict.fromkeys(services))},
    }
