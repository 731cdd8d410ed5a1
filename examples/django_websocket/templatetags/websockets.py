from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def websocket_url(context: template.Context, name: str, *args: Any, **kwargs: Any) -> str:
    """Return the absolute address of a WebSocket view: `{% websocket_url 'sockets:chat' %}`."""
    request = context["request"]
    scheme = "wss" if request.is_secure() else "ws"
    path = reverse(name, urlconf=settings.WEBSOCKET_URLCONF, args=args, kwargs=kwargs)
    return f"{scheme}://{request.get_host()}{path}"
