"""The REDIS_URL setting where it names sentinels."""

from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SCHEME = "sentinel://"


def sentinel_layer(urls: list[str]) -> dict[str, Any]:
    """Return BACKEND and CONFIG of a channel layer behind sentinels.

    Arguments:
        urls: one for each sentinel, such as `sentinel://host:26379/service`; several services
            share the channels among them. A login in them, `sentinel://user:password@host/service`,
            is that of the primaries; sentinels are asked without one.

    Raises:
        ImproperlyConfigured: one of them names no sentinel, or their logins differ.
    """
    hosts, services, logins = [], [], []
    for url in urls:
        parts = urlsplit(url)
        service = parts.path.strip("/")
        if not url.startswith(SCHEME) or not parts.hostname or not service:
            shown = url.rpartition("@")[2]  # without a password
            raise ImproperlyConfigured(
                f"REDIS_URL has {shown!r} among its sentinels: write each of them as "
                "sentinel://host:26379/service, separated by commas."
            )
        hosts.append((parts.hostname, parts.port or 26379))
        services.append(service)
        logins.append(_login(parts))
    if any(login != logins[0] for login in logins):
        raise ImproperlyConfigured(
            "REDIS_URL has different logins for its sentinels; write the same in each of them, "
            "for it is that of the primaries."
        )
    config = {"hosts": hosts, "services": list(dict.fromkeys(services))}
    if logins[0]:
        config["connection_kwargs"] = logins[0]
    return {"BACKEND": "asgi_redis.RedisSentinelChannelLayer", "CONFIG": config}


def _login(parts: SplitResult) -> dict[str, str]:
    login = {"username": parts.username, "password": parts.password}
    return {name: unquote(value) for name, value in login.items() if value}
